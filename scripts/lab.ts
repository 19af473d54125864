import { readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { Argument, Command, Option } from 'commander';
import {
  counters,
  roam,
  routedPlan,
  setCaptivePortal,
  setNamesBlocked,
  setUdpBlocked,
  setVpnBlocked,
} from '../lab/stack/net-controls.ts';
import { explain, StackError } from '../lab/stack/stack-error.ts';
import { readStackFile } from '../lab/stack/stack-json.ts';
import { userNamespaceId } from '../lab/stack/unprivileged.ts';
import { findProgram } from '../src-node/run-program.ts';

const folderOption = ['--dir <folder>', 'of the stack', process.env.POSTERN_STACK_DIR ?? '.postern'] as const;

/** The plan of the stack in `folder`, from inside its user namespace if it has one. */
function enter({ dir }: { dir: string }) {
  const folder = path.resolve(dir);
  const file = readStackFile(folder);
  if (!file) throw new StackError(`No stack runs in ${folder}. Start one: npm run stack`);
  const pid = readFileSync(path.join(folder, 'stack.lock.pid'), 'utf8').trim();
  const nsenter = findProgram('nsenter');
  if (readlinkSync(`/proc/${pid}/ns/user`) !== userNamespaceId() && nsenter && process.execve)
    process.execve(
      nsenter,
      [
        nsenter,
        '-t',
        pid,
        '-U',
        '-n',
        '-m',
        '--preserve-credentials',
        '--',
        process.execPath,
        ...process.argv.slice(1),
      ],
      { ...process.env },
    );
  return routedPlan(file);
}

const SWITCHES = {
  'block-udp': setUdpBlocked,
  'block-vpn': setVpnBlocked,
  'captive-portal': setCaptivePortal,
  'block-names': setNamesBlocked,
};
const isSwitch = (what: string): what is keyof typeof SWITCHES => Object.hasOwn(SWITCHES, what);

const program = new Command('npm run lab --').description('Changes the network of a running stack.');
program
  .command('roam')
  .description('takes the laptop to another network')
  .addOption(new Option('--to <name>', 'which').choices(['home', 'cafe']).makeOptionMandatory())
  .option(...folderOption)
  .action(async ({ to, ...options }) => {
    const plan = enter(options);
    await roam(plan, to);
    console.log(`The laptop is on ${to} now.`);
  });
program
  .command('set')
  .description('what the networks of the laptop do')
  .addArgument(new Argument('<what>', 'what is changed').choices(Object.keys(SWITCHES)))
  .addArgument(new Argument('<state>', 'from now on').choices(['on', 'off']))
  .option(...folderOption)
  .action(async (what: string, state: string, options) => {
    if (isSwitch(what)) await SWITCHES[what](enter(options), state === 'on');
    console.log(`${what} is ${state}.`);
  });
program
  .command('counters')
  .description('packets from the laptop, at each router')
  .option('--json', 'as an array')
  .option(...folderOption)
  .action(async ({ json, ...options }) => {
    const found = await counters(enter(options));
    if (json) console.log(JSON.stringify(found));
    else
      for (const { hop, name, packets, bytes } of found)
        console.log(`${hop}\t${name}\t${packets} packets\t${bytes} bytes`);
  });

try {
  await program.parseAsync();
} catch (error) {
  const words = explain(error);
  if (words === null) throw error;
  console.error(words);
  process.exitCode = 1;
}
