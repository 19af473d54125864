import { Command } from 'commander';
import { withHelpHint } from '../../src-node/help-hint.ts';
import { versionText } from '../../src-node/version.ts';
import { addAuditCommands } from './audit/audit-commands.ts';
import { addAuditExportCommand } from './audit/audit-export-command.ts';
import { addDatabaseCommands } from './database/database-commands.ts';
import { addGatewayCommands } from './gateways/gateway-commands.ts';
import { addGatewayEndCommands } from './gateways/gateway-end-commands.ts';
import { addKeysCommands } from './keys/keys-commands.ts';
import { addBreakGlassCommand } from './members/break-glass-command.ts';
import { addDeviceCommands } from './members/device-commands.ts';
import { addMemberAccessCommands } from './members/member-access-commands.ts';
import { addMemberAccountCommands } from './members/member-account-commands.ts';
import { addMemberCommands } from './members/member-commands.ts';
import { addMemberShowCommand } from './members/member-show-command.ts';
import { addSessionCommands } from './members/session-commands.ts';
import { addPolicyCommands } from './policy/policy-commands.ts';
import { addDoctorCommand } from './server/doctor-command.ts';
import { addInitCommand } from './server/init-command.ts';
import { addMailCommands } from './server/mail-commands.ts';
import { addServerKeyCommand } from './server/server-key-command.ts';
import { addStartCommand } from './server/start-command.ts';
import { addTokenCommands } from './tokens/token-commands.ts';

/** `postern-server` with all of its commands. A command that refuses says why on standard error and sets the exit code. */
export function serverProgram(): Command {
  const program = new Command('postern-server')
    .version(versionText())
    .description('Postern control server: decides who may connect')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 refused or failed, 2 the configuration has mistakes, or a file that it names.',
    );
  addInitCommand(program);
  addStartCommand(program);
  addServerKeyCommand(program);
  addMemberCommands(program);
  addMemberShowCommand(program);
  addMemberAccountCommands(program);
  addMemberAccessCommands(program);
  addBreakGlassCommand(program);
  addDeviceCommands(program);
  addSessionCommands(program);
  addGatewayCommands(program);
  addGatewayEndCommands(program);
  addTokenCommands(program);
  addPolicyCommands(program);
  addAuditCommands(program);
  addAuditExportCommand(program);
  addDatabaseCommands(program);
  addKeysCommands(program);
  addDoctorCommand(program);
  addMailCommands(program);
  return withHelpHint(program);
}
