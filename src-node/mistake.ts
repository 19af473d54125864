/** What is wrong, and what to do about it: neither ends with a full stop. */
export interface Mistake {
  detail: string;
  remedy: string;
}

/** As a command says it, in one line. */
export function mistakeLine({ detail, remedy }: Mistake): string {
  return `${detail}; ${remedy}`;
}
