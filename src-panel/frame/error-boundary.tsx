import { Component, type ReactNode } from 'react';
import { Button } from '../../src-ui/parts/button.tsx';
import { languageIn } from '../../src-ui/strings/language.ts';
import { wordsOf } from '../strings/use-words.ts';

/** A bug in the page is shown as one, with a way out; it needs nothing that may be what failed. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children;
    const { crash } = wordsOf(languageIn(navigator.language));
    return (
      <main className="crash">
        <h1>{crash.title}</h1>
        <p>{crash.text}</p>
        <Button look="primary" onPress={() => window.location.reload()}>
          {crash.reload}
        </Button>
      </main>
    );
  }
}
