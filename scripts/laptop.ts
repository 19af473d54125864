import { existsSync } from 'node:fs';
import path from 'node:path';

/** `npm run laptop -- COMMAND`: runs a command (without one, a shell) on the laptop of the stack in `.postern`. */
const folder = path.resolve(process.env.POSTERN_STACK_DIR ?? '.postern');
const shell = path.join(folder, 'laptop-shell');
if (!existsSync(path.join(folder, 'stack.json')) || process.execve === undefined) {
  console.error(`No stack runs in ${folder}. Start one in another terminal: npm run stack (or npm start)`);
  process.exit(1);
}
process.execve(shell, [shell, ...process.argv.slice(2)], { ...process.env });
