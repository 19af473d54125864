/** A step of the story did not hold; the message says which and what was seen. */
export class StoryError extends Error {
  override name = 'StoryError';
}

export interface Narrator {
  /** Opens a numbered chapter. */
  chapter(title: string): void;
  /** A fact that held, with its time in milliseconds where it has one. */
  held(sentence: string, tookMs?: number): void;
  /** Something worth knowing while it happens. */
  note(sentence: string): void;
  /** Rows for the summary at the end. */
  figure(name: string, tookMs: number): void;
  summary(): void;
}

export function createNarrator(print: (line: string) => void): Narrator {
  let chapter = 0;
  const figures: [string, number][] = [];
  const time = (tookMs: number | undefined): string =>
    (tookMs === undefined ? '' : `${tookMs < 100 ? tookMs.toFixed(1) : tookMs.toFixed(0)} ms`).padStart(10);
  return {
    chapter(title) {
      chapter++;
      print(`\n${chapter}. ${title}`);
    },
    held: (sentence, tookMs) => print(`   ok ${time(tookMs)}  ${sentence}`),
    note: (sentence) => print(`      ${time(undefined)}  ${sentence}`),
    figure(name, tookMs) {
      figures.push([name, tookMs]);
    },
    summary() {
      for (const [name, tookMs] of figures) print(`      ${time(tookMs)}  ${name}`);
    },
  };
}

/** Throws a `StoryError` unless `holds`; `seen` is what was found instead. */
export function expectThat(holds: boolean, claim: string, seen: unknown): asserts holds {
  if (!holds) throw new StoryError(`does not hold: ${claim}\n  seen: ${JSON.stringify(seen)}`);
}
