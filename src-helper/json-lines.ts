/** Cuts a byte stream into lines of at most `maxBytes`, without their line feed. */
export class LineSplitter {
  readonly #maxBytes: number;
  #rest: Buffer[] = [];
  #restBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that this chunk completes; `overflow` when a line is too long, after which nothing more may be pushed. */
  push(chunk: Buffer): { lines: string[]; overflow: boolean } {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const tail = chunk.subarray(start, end);
      if (this.#restBytes + tail.length > this.#maxBytes) return { lines, overflow: true };
      lines.push(Buffer.concat([...this.#rest, tail]).toString('utf8'));
      this.#rest = [];
      this.#restBytes = 0;
      start = end + 1;
    }
    const rest = chunk.subarray(start);
    if (rest.length > 0) this.#rest.push(rest);
    this.#restBytes += rest.length;
    return { lines, overflow: this.#restBytes > this.#maxBytes };
  }
}
