import { useWords } from '../strings/use-words.ts';
import { Link } from './link.tsx';
import { Page } from './page.tsx';

/** An address that leads to nothing that this member may see. */
export function Nowhere({ title, text }: { title: string; text: string }) {
  const { w } = useWords();
  return (
    <Page title={title} text={text}>
      <p>
        <Link to="/">{w.common.backHome}</Link>
      </p>
    </Page>
  );
}
