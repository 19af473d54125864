import { readFileSync } from 'node:fs';

/** `postern`, or `uid 990` where the system has no name for it. */
export function userName(uid: number): string {
  return users().find((fields) => fields[2] === String(uid))?.[0] ?? `uid ${uid}`;
}

/** Null where there is no such user. */
export function uidOf(name: string): number | null {
  const uid = users().find((fields) => fields[0] === name)?.[2];
  return uid === undefined ? null : Number(uid);
}

/** The fields of each line of passwd(5). */
function users(): string[][] {
  try {
    return readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
  } catch (error) {
    // Windows, or a container without names.
    if (error instanceof Error && 'code' in error) return [];
    throw error;
  }
}
