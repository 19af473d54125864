import { ServerIcon } from '../../../src-ui/parts/icons.tsx';
import type { FoundServer } from './server-step.tsx';

/** Name and address together: the name is the server's own claim, the address is what was asked. */
export function ServerName({ server }: { server: FoundServer }) {
  return (
    <div className="server-name">
      <ServerIcon />
      <p>
        <strong>{server.name}</strong>
        <span className="hint mono">{new URL(server.url).host}</span>
      </p>
    </div>
  );
}
