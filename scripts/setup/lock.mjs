import {
  accessSync,
  constants,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a set-up may keep others waiting: npm and apt on a slow line. */
const MAX_WAIT_MS = 30 * 60_000;

/** `pid startTicks` of a process; the second field tells a reused pid apart. Empty where /proc is missing. */
function identity(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return '';
    throw error;
  }
}

/** Takes the lock file, or returns the pid of who holds it. A holder that is gone loses it. */
function tryTake(file) {
  const mine = identity(process.pid) || String(process.pid);
  try {
    writeFileSync(file, mine, { flag: 'wx' });
    return null;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  let holder;
  try {
    holder = readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return 0;
    throw error;
  }
  const pid = Number(holder.split(' ')[0]);
  const isAlive = process.platform === 'linux' ? identity(pid) === holder : true;
  if (holder !== '' && !isAlive) {
    bury(file, holder);
    return 0;
  }
  return pid;
}

/** Removes the lock of a holder that is gone; one that somebody else took in the meantime is put back. */
function bury(file, holder) {
  const grave = `${file}.${process.pid}`;
  try {
    renameSync(file, grave);
    if (readFileSync(grave, 'utf8') !== holder) linkSync(grave, file);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  }
  rmSync(grave, { force: true });
}

/** Runs `work` while no other set-up of this checkout runs; waits for one that does. Resolves to what `work` does, and
 * to false when this checkout cannot be changed. */
export async function withSetupLock(root, work) {
  try {
    mkdirSync(path.join(root, '.postern'), { recursive: true, mode: 0o700 });
    accessSync(path.join(root, '.postern'), constants.W_OK);
  } catch (error) {
    process.stderr.write(
      `Something has to be installed in ${root}, and it does not belong to you (${error.message}).\n`,
    );
    return false;
  }
  const file = path.join(root, '.postern', 'setup.lock');
  const until = Date.now() + MAX_WAIT_MS;
  let said = false;
  for (let holder = tryTake(file); holder !== null; holder = tryTake(file)) {
    if (Date.now() > until) throw new Error(`another set-up (pid ${holder}) holds ${file} for too long`);
    if (holder > 0 && !said)
      process.stderr.write(`Waiting for the set-up that runs already (pid ${holder}) …\n`);
    said = said || holder > 0;
    await sleep(holder > 0 ? 250 : 5);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}
