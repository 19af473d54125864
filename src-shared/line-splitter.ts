/** Cuts a stream of UTF-8 bytes into lines of at most `maxBytes`, without their line feed. */
export class LineSplitter {
  readonly #maxBytes: number;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #rest = '';
  #restBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that this chunk completes; `overflow` when a line is too long, after which nothing more may be pushed. */
  push(chunk: Uint8Array): { lines: string[]; overflow: boolean } {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const tail = chunk.subarray(start, end);
      if (this.#restBytes + tail.length > this.#maxBytes) return { lines, overflow: true };
      lines.push(this.#rest + this.#decoder.decode(tail));
      this.#rest = '';
      this.#restBytes = 0;
      start = end + 1;
    }
    const rest = chunk.subarray(start);
    this.#rest += this.#decoder.decode(rest, { stream: true });
    this.#restBytes += rest.length;
    return { lines, overflow: this.#restBytes > this.#maxBytes };
  }
}
