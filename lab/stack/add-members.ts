import { json } from 'node:stream/consumers';
import * as z from 'zod';
import { accountOf } from '../../src-server/cli/members/account-output.ts';
import { CLI_ACTOR, withServerFiles } from '../../src-server/cli/run-command.ts';
import { addMember } from '../../src-server/people/members/member-store.ts';

/**
 * `postern-server member add --with-totp` for many at once: one process, people as JSON on standard input, accounts
 * as JSON on standard output. Argument: the server's configuration file.
 */
const [config = ''] = process.argv.slice(2);
const people = z
  .array(z.object({ email: z.string(), name: z.string(), password: z.string() }))
  .parse(await json(process.stdin));

/** Password hashes run on libuv's threads; the database takes one transaction after the other. */
const AT_ONCE = 4;

await withServerFiles({ config }, async (ctx) => {
  const accounts: unknown[] = [];
  const left = [...people.entries()];
  const worker = async (): Promise<void> => {
    for (let entry = left.shift(); entry !== undefined; entry = left.shift()) {
      const [index, person] = entry;
      const added = await addMember(ctx, { ...person, role: 'member', withTotp: true }, CLI_ACTOR);
      if (!added.ok) throw new Error(added.problem.detail);
      accounts[index] = accountOf(added.value);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  process.stdout.write(`${JSON.stringify(accounts)}\n`);
});
