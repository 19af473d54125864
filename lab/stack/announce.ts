import { npmLine } from './npm-line.ts';
import type { RunningStack } from './start-stack.ts';
import { enterFromOutside } from './unprivileged.ts';

/** Says what is where, for people who bring their own client. */
export function announce(stack: RunningStack): void {
  const { file, folder, plan } = stack;
  const targets = [file.target.url, ...(plan.second ? [plan.second.targetUrl] : [])];
  const enter = enterFromOutside(process.pid);
  const lines = [
    '',
    'Ready. Everything about this stack is in:',
    `  ${folder}/stack.json`,
    `  server   ${file.serverUrl}  (Control Panel; certificate authority ${file.caFile})`,
    `  mail     ${file.mail.url}  (every mail that the server sends)`,
    `  target   ${targets.join(' and ')}  (answers only through the tunnel)`,
    `  gateways ${file.gateways.map((gateway) => `${gateway.name} ${gateway.endpoint}`).join(', ')}`,
    'In another terminal:',
    `  ${npmLine(folder, 'laptop -- postern sign-in')}   (a command on the laptop; without one, a shell)`,
    `  ${npmLine(folder, 'authenticator')}   (the current code of the first member)`,
    `  ${npmLine(folder, 'end-session')}   (what the security team does: ends the first member’s session)`,
    ...(enter.length > 0 ? [`Into the namespaces of this stack:  ${enter.join(' ')} bash`] : []),
    'Ctrl-C ends it and leaves nothing behind.',
    '',
  ];
  console.log(lines.join('\n'));
}
