import path from 'node:path';
import { programPath } from './folders.ts';
import { inNetns } from './namespaces.ts';
import { npmLine } from './npm-line.ts';
import type { StackOptions } from './options.ts';
import type { RunningStack } from './start-stack.ts';
import { enterFromOutside } from './unprivileged.ts';

/** Lines that say what is where, and how to use it, for people who bring their own client. */
export function announcement(
  { folder, file, plan }: Pick<RunningStack, 'folder' | 'file' | 'plan'>,
  { hasCaptivePortal = false, hasOverlap = false }: Pick<StackOptions, 'hasCaptivePortal' | 'hasOverlap'>,
): string[] {
  const targets = [file.target.url, ...(plan.second ? [plan.second.targetUrl] : [])];
  const enter = enterFromOutside(process.pid);
  const onLaptop = (command: string) => npmLine(folder, `laptop -- ${command}`);
  const program = (name: 'server' | 'gateway') => path.relative('', programPath(name));
  const [gateway] = plan.gateways;
  const checkGateway = (name: string) =>
    [program('gateway'), 'check', '--config', path.join(folder, 'gateways', `${name}.toml`)] as const;
  return [
    '',
    'Ready. Everything about this stack is in:',
    `  ${folder}/stack.json`,
    `  server   ${file.serverUrl}  (Control Panel; certificate authority ${file.caFile})`,
    `  mail     ${file.mail.url}  (every mail that the server sends)`,
    `  target   ${targets.join(' and ')}  (answers only through the tunnel)`,
    `  gateways ${file.gateways.map(({ name, endpoint }) => `${name} ${endpoint}`).join(', ')}`,
    'In another terminal:',
    ...(hasCaptivePortal && plan.routed
      ? [
          `  ${onLaptop(`curl -d '' http://${plan.routed.uplinks[0].router4}/sign-in`)}   (first: signs in to the laptop’s network)`,
        ]
      : []),
    `  ${onLaptop('postern sign-in')}   (a command on the laptop; without one, a shell)`,
    ...(hasOverlap
      ? [
          `  ${onLaptop('postern overlap team')}   (once it connects: before, the target’s addresses are those of the laptop’s own network)`,
        ]
      : []),
    `  ${npmLine(folder, 'authenticator')}   (the current code of the first member)`,
    `  ${npmLine(folder, 'end-session')}   (what the security team does: ends the first member’s session)`,
    `  ${program('server')} gateway list --config ${path.join(folder, 'server', 'server.toml')}   (or another command of the server)`,
    ...(gateway
      ? [
          `  ${[...enter, ...inNetns(gateway.netns, checkGateway(gateway.name))].join(' ')}   (or another command of the gateway)`,
        ]
      : []),
    ...(enter.length > 0 ? [`Into the namespaces of this stack:  ${enter.join(' ')} bash`] : []),
    'Ctrl-C ends it and leaves nothing behind.',
    '',
  ];
}
