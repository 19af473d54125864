import { readFileSync } from 'node:fs';
import { loadServerConfig } from '../../src-server/config.ts';
import { loadServerKeys } from '../../src-server/keys/server-keys.ts';
import { makeLogger } from '../../src-server/logger.ts';
import { startServer } from '../../src-server/start.ts';

/**
 * The control server with a clock that can be set while it runs: the machine's plus what stands in a file,
 * milliseconds. Arguments: configuration, that file.
 */
const [configFile = '', offsetFile = ''] = process.argv.slice(2);

const config = loadServerConfig(configFile, process.env);
if (!config.ok) throw new Error(config.mistakes.join('\n'));
const keys = await loadServerKeys(config.value.keysDir, config.value.issuer, process.env);
if (!keys.ok) throw new Error(keys.mistakes.join('\n'));
const started = await startServer({
  config: config.value,
  keys: keys.keys,
  log: makeLogger(config.value.logLevel),
  now: () => Date.now() + Number(readFileSync(offsetFile, 'utf8')),
});
if (!started.ok) throw new Error(started.mistakes.join('\n'));
process.on('SIGTERM', () => void started.server.stop().then(() => process.exit(0)));
