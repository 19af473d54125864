import './without-eval.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { ErrorBoundary } from './frame/error-boundary.tsx';
import { Preferred } from './frame/preferred.tsx';
import '../src-ui/styles/tokens.css';
import '../src-ui/styles/base.css';
import '../src-ui/styles/controls.css';
import '../src-ui/styles/code.css';
import '../src-ui/styles/dialog.css';
import '../src-ui/styles/door.css';
import '../src-ui/styles/lists.css';
import '../src-ui/styles/unlock.css';
import '../src-ui/styles/print.css';
import './styles/shell.css';
import './styles/parts.css';
import './styles/table.css';
import './styles/account.css';

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no #root');
createRoot(root).render(
  <StrictMode>
    <ErrorBoundary>
      <Preferred>
        <App />
      </Preferred>
    </ErrorBoundary>
  </StrictMode>,
);
