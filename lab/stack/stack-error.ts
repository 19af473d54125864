/** Something about this machine or these options keeps the stack from running; the message is for a person. */
export class StackError extends Error {
  override name = 'StackError';
}

const machineTroubles: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
  EACCES: 'no permission',
  EPERM: 'not permitted',
  EMFILE: 'too many open files',
  ENOTDIR: 'a folder is wanted where a file is',
};

/** The words for a person when `error` tells of the machine or the options; null when it is a bug. */
export function explain(error: unknown): string | null {
  if (error instanceof StackError) return error.message;
  if (error instanceof SuppressedError) {
    const words = [error.suppressed, error.error].map(explain);
    return words.includes(null) ? null : words.join('\nand while cleaning up: ');
  }
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return null;
  const trouble = machineTroubles[error.code];
  return trouble === undefined ? null : `${trouble}: ${error.message}`;
}
