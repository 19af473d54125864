/** One thing that was looked at; `remedy` is what to do where it is not well. The shape of every `--json` of a check. */
export interface Check<Id extends string = string> {
  id: Id;
  ok: boolean;
  detail: string;
  remedy: string | null;
  /** It could not be looked at: nobody knows whether it is well. */
  isUnknown?: true;
}

export const fine = <Id extends string>(id: Id, detail: string): Check<Id> => ({
  id,
  ok: true,
  detail,
  remedy: null,
});
export const wrong = <Id extends string>(id: Id, detail: string, remedy: string): Check<Id> => ({
  id,
  ok: false,
  detail,
  remedy,
});
export const unknown = <Id extends string>(
  id: Id,
  detail: string,
  remedy: string | null = null,
): Check<Id> => ({
  ...{ id, ok: false, detail, remedy },
  isUnknown: true,
});

/** A look that fails is something to be named, and stops no other. */
export async function looked<Id extends string>(
  id: Id,
  look: () => Promise<Check<Id> | readonly Check<Id>[]>,
  notKnown = 'Not known',
): Promise<Check<Id>[]> {
  try {
    return [await look()].flat();
  } catch (error) {
    return [unknown(id, `${notKnown}: ${error instanceof Error ? error.message : String(error)}.`)];
  }
}

/** For people: what is wrong with its remedy below it. */
export function checkLines(checks: readonly Check[]): string[] {
  return checks.flatMap(({ ok, isUnknown, detail, remedy }) => [
    `${ok ? 'ok   ' : isUnknown ? '?    ' : 'WRONG'}  ${detail}`,
    ...(remedy === null ? [] : [`       ${remedy}`]),
  ]);
}

/** 0: all is well; 1: something is not; 2: something could not be looked at. */
export function checkExitCode(checks: readonly Check[]): 0 | 1 | 2 {
  const bad = checks.filter(({ ok }) => !ok);
  if (bad.length === 0) return 0;
  return bad.some(({ isUnknown }) => !isUnknown) ? 1 : 2;
}
