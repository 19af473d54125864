import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readAuthenticator } from '../lab/stack/authenticator.ts';
import { readStackFile } from '../lab/stack/stack-json.ts';

/** `npm run authenticator [-- EMAIL]`: the phone of a member of the stack in `.postern`, until Ctrl-C. */
const folder = path.resolve(process.env.POSTERN_STACK_DIR ?? '.postern');
const stack = readStackFile(folder);
const wanted = process.argv[2];
const member = stack?.members.find(({ email }) => wanted === undefined || email === wanted);
if (!member) {
  console.error(
    stack ? `No member ${wanted} in ${folder}.` : `No stack runs in ${folder}. Start one: npm run stack`,
  );
  process.exit(1);
}
do {
  const { code, leftMs } = readAuthenticator(member.totpSecret, Date.now());
  const left = `${Math.ceil(leftMs / 1000)} s left`;
  process.stdout.write(`${process.stdout.isTTY ? '\r\u001b[K' : ''}${member.email}  ${code}  ${left}`);
  if (process.stdout.isTTY) await sleep(1000 - (Date.now() % 1000));
} while (process.stdout.isTTY);
process.stdout.write('\n');
