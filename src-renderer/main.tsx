import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { ErrorBoundary } from './frame/error-boundary.tsx';
import { mirrorSnapshots } from './store/snapshot-store.ts';
import '../src-ui/styles/tokens.css';
import '../src-ui/styles/base.css';
import '../src-ui/styles/controls.css';
import '../src-ui/styles/code.css';
import './styles/frame.css';
import './styles/home.css';
import '../src-ui/styles/dialog.css';
import '../src-ui/styles/door.css';
import '../src-ui/styles/lists.css';
import '../src-ui/styles/unlock.css';
import '../src-ui/styles/print.css';

mirrorSnapshots(window.postern);

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no #root');
createRoot(root).render(
  <StrictMode>
    <ErrorBoundary>
      <App />
    </ErrorBoundary>
  </StrictMode>,
);
