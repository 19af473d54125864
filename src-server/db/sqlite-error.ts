/** `SQLITE_BUSY` (https://sqlite.org/rescode.html#busy), whatever the extended code says beyond. */
const BUSY = 5;
/** `SQLITE_FULL`. */
const FULL = 13;

/** Whether SQLite itself has refused: a file that is damaged or no database, a column or table that is not there. */
export function isSqliteError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR';
}

/** Whether another process is writing just now. */
export function isBusyError(error: unknown): boolean {
  return isSqliteError(error) && 'errcode' in error && (Number(error.errcode) & 0xff) === BUSY;
}

/** Whether there is no room left on a disk, by the word of SQLite or of the system. */
export function isDiskFull(error: unknown): boolean {
  if (isSqliteError(error)) return 'errcode' in error && (Number(error.errcode) & 0xff) === FULL;
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}
