import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { DatabaseSync } from 'node:sqlite';

/**
 * Loaded before a program: kills it with SIGKILL at the step of a rotation of the encryption key that
 * `POSTERN_TEST_KILL_AT` names. The steps in their order; at `next` the file is there and empty.
 */
export const KILL_STEPS = ['kept', 'next', 'sealing', 'commit', 'committed', 'placed', 'vacuum'] as const;

const killAt = (step: (typeof KILL_STEPS)[number]): void => {
  if (process.env.POSTERN_TEST_KILL_AT === step) process.kill(process.pid, 'SIGKILL');
};

if (process.env.POSTERN_TEST_KILL_AT !== undefined) {
  const { linkSync, openSync, renameSync } = fs;
  fs.linkSync = (from, to) => {
    linkSync(from, to);
    if (String(to).includes('before-rotation')) killAt('kept');
  };
  fs.openSync = (path, flags, mode) => {
    const descriptor = openSync(path, flags, mode);
    if (String(path).endsWith('encryption.key.next')) killAt('next');
    return descriptor;
  };
  fs.renameSync = (from, to) => {
    renameSync(from, to);
    if (String(to).endsWith('encryption.key')) killAt('placed');
  };
  syncBuiltinESMExports();

  let isRotating = false;
  const { prepare } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function (sql, ...more) {
    if (/past_encryption_key/.test(sql) && /^insert/i.test(sql)) {
      isRotating = true;
      killAt('sealing');
    }
    if (sql === 'vacuum') killAt('vacuum');
    const statement = prepare.call(this, sql, ...more);
    if (sql !== 'commit' || !isRotating) return statement;
    killAt('commit');
    statement.run = new Proxy(statement.run, {
      apply(run, _, values) {
        const done = Reflect.apply(run, statement, values);
        killAt('committed');
        return done;
      },
    });
    return statement;
  };
}
