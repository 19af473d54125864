import { expect, test } from 'vitest';
import { asProgram } from '../src-node/testing/as-program.ts';
import { gatewayProgram } from './program.ts';

test('every command ends its help with examples', async () => {
  const names = gatewayProgram().commands.map((command) => command.name());
  expect(names.length).toBeGreaterThan(4);
  for (const name of names) {
    const said = await asProgram(() => gatewayProgram().parseAsync([name, '--help'], { from: 'user' }));
    expect(said).toMatchObject({ status: 0, stderr: '' });
    expect(said.stdout).toMatch(new RegExp(`^Examples:\\n +postern-gateway ${name}`, 'm'));
  }
});
