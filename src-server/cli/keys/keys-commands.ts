import type { Command } from 'commander';
import { groupNamed } from '../command-groups.ts';
import { addRotateEncryptionCommand } from './rotate-encryption-command.ts';
import { addRotateLeaseCommand } from './rotate-lease-command.ts';
import { addShowKeysCommand } from './show-keys-command.ts';

/** `keys show|rotate encryption|rotate lease`. */
export function addKeysCommands(program: Command): void {
  const keys = groupNamed(program, 'keys', 'the keys of this server, and putting new ones in their place');
  addShowKeysCommand(keys);
  const rotate = keys.command('rotate').description('put a new key in the place of one');
  addRotateEncryptionCommand(rotate);
  addRotateLeaseCommand(rotate);
}
