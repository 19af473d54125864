import path from 'node:path';
import { ForksPoolWorker, type PoolOptions, type PoolRunnerInitializer } from 'vitest/node';

const starter = path.join(import.meta.dirname, 'own-network.sh');

/**
 * A process for each file, as vitest's own pool has it, with a network of its own. A browser takes every link that comes
 * or goes for a change of its network and drops what it was loading (`ERR_NETWORK_CHANGED`): here it sees those of its
 * own stack alone, and files may run side by side.
 */
class OwnNetworkWorker extends ForksPoolWorker {
  constructor(options: PoolOptions) {
    super({ ...options, env: { ...options.env, POSTERN_TEST_NODE: process.execPath } });
  }

  override start(): Promise<void> {
    const node = process.execPath;
    // What `fork` starts, for which vitest has no option; it is called before the first `await`.
    process.execPath = starter;
    try {
      return super.start();
    } finally {
      process.execPath = node;
    }
  }
}

export const ownNetwork: PoolRunnerInitializer = {
  name: 'own-network',
  createPoolWorker: (options) => new OwnNetworkWorker(options),
};
