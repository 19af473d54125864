/** Whether SQLite itself has refused: a file that is damaged or no database, a column or table that is not there. */
export function isSqliteError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR';
}
