import { Link } from '../../frame/link.tsx';
import { Page } from '../../frame/page.tsx';
import { LoadFrame } from '../../parts/load-frame.tsx';
import { useLoad } from '../../store/use-load.ts';
import { useAdminWords } from '../strings/use-admin-words.ts';
import { Console } from './console.tsx';
import { Examples } from './examples.tsx';
import { loadOperations } from './load-operations.ts';

/** For integrators: a console made from the server's own description of its API, and examples to take along. */
export function ApiPage() {
  const { a } = useAdminWords();
  const operations = useLoad('operations', loadOperations);
  return (
    <Page
      title={a.api.title}
      text={a.api.text}
      isWide
      actions={
        <>
          <Link to="/api-tokens" className="button button-secondary">
            {a.tokens.title}
          </Link>
          <a className="button button-secondary" href="/openapi.json">
            {a.api.document}
          </a>
        </>
      }
    >
      <LoadFrame loaded={operations} lines={8}>
        {(value) => <Console operations={value} />}
      </LoadFrame>
      <Examples />
    </Page>
  );
}
