/** @module The dashboard: the page that a gateway serves at /dashboard. Runs in a browser. */

import './theme.css';
import { h, render } from 'preact';
import { App } from './app.tsx';

const root = document.querySelector('#app');
if (root !== null) render(h(App, {}), root);
