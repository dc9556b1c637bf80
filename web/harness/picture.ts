/** A mouth, more or less: gum, a row of teeth, and the dark between. Drawn, so that no photo of a person is needed. */
export async function mouthPicture(width: number, height: number): Promise<string> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser cannot draw.");
  const unit = width / 600;
  drawBackdrop(context, width, height);
  drawTeeth(context, width, height, unit);
  drawSpeckles(context, width, height, unit);
  return URL.createObjectURL(await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 }));
}

type Context = OffscreenCanvasRenderingContext2D;

function drawBackdrop(context: Context, width: number, height: number): void {
  const gradient = context.createRadialGradient(width / 2, height / 2, height / 8, width / 2, height / 2, width / 1.7);
  gradient.addColorStop(0, "#c46f6b");
  gradient.addColorStop(0.6, "#b5605c");
  gradient.addColorStop(1, "#5d2a2c");
  context.fillStyle = gradient;
  context.fillRect(0, 0, width, height);
  context.fillStyle = "#1d0d0f";
  context.beginPath();
  context.ellipse(width / 2, height * 0.56, width * 0.42, height * 0.2, 0, 0, 2 * Math.PI);
  context.fill();
}

function drawTeeth(context: Context, width: number, height: number, unit: number): void {
  for (let i = -5; i <= 5; i++) {
    const x = width / 2 + i * 46 * unit;
    const y = height * 0.33 + i * i * 1.6 * unit;
    const shine = context.createLinearGradient(x, y, x, y + 110 * unit);
    shine.addColorStop(0, "#e6d7b4");
    shine.addColorStop(0.4, "#f4edd9");
    shine.addColorStop(1, "#d9d3cb");
    context.fillStyle = shine;
    context.beginPath();
    context.roundRect(x - 20 * unit, y, 40 * unit, (112 - i * i * 1.5) * unit, 15 * unit);
    context.fill();
  }
}

function drawSpeckles(context: Context, width: number, height: number, unit: number): void {
  let seed = 7;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  for (let i = 0; i < 4000; i++) {
    context.fillStyle = random() < 0.5 ? "rgb(255 255 255 / 7%)" : "rgb(60 0 0 / 7%)";
    context.fillRect(random() * width, random() * height, 3 * unit, 3 * unit);
  }
}
