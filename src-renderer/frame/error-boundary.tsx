import { Component, type ReactNode } from 'react';
import { Button } from '../../src-ui/parts/button.tsx';
import { wordsIn } from '../strings/use-words.ts';

interface State {
  hasFailed: boolean;
}

/** A bug in the page is shown as one, with a way out. It needs nothing from the snapshot, which may be what failed. */
export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { hasFailed: false };

  static getDerivedStateFromError(): State {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children;
    const { crash } = wordsIn(navigator.language);
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
