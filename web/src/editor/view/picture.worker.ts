// Decodes the picture and halves it until it is small, away from the thread that paints. Each level is sent as soon as
// the next one is made from it, because sending gives the bitmap away.

const SMALLEST_SIDE = 512;

export type PictureMessage = { level: number; bitmap: ImageBitmap } | { failed: string };

self.onmessage = async ({ data: url }: MessageEvent<string>) => {
  try {
    await sendLevels(await decoded(url));
  } catch (error) {
    send({ failed: String(error) });
  }
};

async function decoded(url: string): Promise<ImageBitmap> {
  const response = await fetch(url, { credentials: "same-origin" });
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  return createImageBitmap(await response.blob());
}

async function sendLevels(first: ImageBitmap): Promise<void> {
  let bitmap = first;
  for (let level = 0; ; level++) {
    const next = Math.max(bitmap.width, bitmap.height) > SMALLEST_SIDE ? await halved(bitmap) : null;
    send({ level, bitmap }, [bitmap]);
    if (!next) return;
    bitmap = next;
  }
}

function halved(bitmap: ImageBitmap): Promise<ImageBitmap> {
  return createImageBitmap(bitmap, {
    resizeWidth: Math.ceil(bitmap.width / 2),
    resizeHeight: Math.ceil(bitmap.height / 2),
    resizeQuality: "medium",
  });
}

function send(message: PictureMessage, transfer: Transferable[] = []): void {
  (self as unknown as Worker).postMessage(message, transfer);
}
