const kept = 500;

export class Events {
  #listeners = new Set();
  #log = [];
  #id = 0;

  emit(event, data) {
    this.#id++;
    const text = `id: ${this.#id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    this.#log.push({ id: this.#id, text });
    if (this.#log.length > kept) this.#log.shift();
    for (const response of this.#listeners) response.write(text);
  }

  attach(request, response) {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write(": hello\n\n");
    const last = Number(request.headers["last-event-id"] ?? NaN);
    if (!Number.isNaN(last)) {
      const first = this.#log[0]?.id ?? this.#id + 1;
      // A number from another life of the server is as good as none.
      if (last + 1 < first || last > this.#id) response.write(`id: ${this.#id}\nevent: reset\ndata: {}\n\n`);
      else for (const entry of this.#log) if (entry.id > last) response.write(entry.text);
    }
    this.#listeners.add(response);
    request.on("close", () => this.#listeners.delete(response));
  }
}
