/** Exhaustiveness check: unreachable when every case is handled. The pages import it without the schema library. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
