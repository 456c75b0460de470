import { Charts } from './charts.js';
import { follow, post, token } from './connection.js';
import { showCertificates, showCodes, showErrors, showGateway, showGenerations, showLimits, showRoutes, showTargets, showVerdict } from './sections.js';
import { setText } from './table.js';
import { routeName, timeOfDay } from './text.js';
import { Traffic } from './traffic.js';

const byId = (id) => document.getElementById(id);

const traffic = new Traffic();
let charts = null;
let view = {};
let chosen = null;
/** What the dialog asks about. */
let asked = null;

function onEvent(name, { traffic: counted, ...sections }) {
  if (name === 'snapshot') traffic.load(counted);
  else traffic.advance(counted);
  view = name === 'snapshot' ? sections : { ...view, ...sections };
  byId('login').hidden = true;
  byId('status').hidden = false;
  byId('forget').hidden = token.get() === null;
  // A plot takes its size from the page, so the page has to be there first.
  charts ??= new Charts();
  show(sections);
}

function show(changed) {
  const { nowMs } = traffic;
  showGateway(view.gateway, nowMs);
  showTraffic();
  showTargets(view.targets, nowMs, onChange);
  const sections = { verdict: showVerdict, errors: showErrors, codes: showCodes, limits: showLimits, certificates: showCertificates, generations: showGenerations };
  for (const [name, showSection] of Object.entries(sections)) if (name in changed) showSection(changed[name]);
}

function showTraffic() {
  const name = chosen === null ? 'all routes' : routeName(chosen);
  setText(byId('chosen'), name);
  showRoutes(view.routes, traffic, chosen, onChoose);
  charts.show(traffic.columnsOf(chosen), traffic.minuteOf(chosen), name);
}

function onChoose(route) {
  chosen = route;
  showTraffic();
}

const WORDS = {
  drain: { title: 'Drain', text: 'No new requests go there; what is in work, and clients bound to it, may finish.' },
  down: { title: 'Take down', text: 'No requests go there until somebody puts it back, or Sluice starts anew.' },
};

const DONE = { drain: 'draining', down: 'taken down', up: 'put back' };

function onChange(target, mode, button) {
  if (mode === 'up') void change(target, mode, button);
  else ask(target, mode, button);
}

function ask(target, mode, button) {
  const { title, text } = WORDS[mode];
  const { upstream, key } = target;
  const isLast = view.targets.items.every((other) => other.upstream !== upstream || other.key === key || !['up', 'slow-start', 'half-open'].includes(other.state));
  setText(byId('confirm-title'), `${title} ${key}?`);
  setText(byId('confirm-text'), isLast ? `${text} It is the last one of ${upstream}: its requests will be answered with 503.` : text);
  setText(byId('confirm-yes'), title);
  asked = [target, mode, button];
  byId('confirm').returnValue = '';
  byId('confirm').showModal();
  byId('confirm-no').focus();
}

async function change({ upstream, key }, mode, button) {
  const note = byId('target-note');
  try {
    const { targets } = await post(`/targets/${mode}`, { upstream, target: key });
    const changed = new Map(targets.map((target) => [target.key, target]));
    const items = view.targets.items.map((target) => (target.upstream === upstream ? (changed.get(target.key) ?? target) : target));
    view.targets = { ...view.targets, items };
    note.textContent = `${key}: ${DONE[mode]}.`;
    showTargets(view.targets, traffic.nowMs, onChange);
    // The button that was pressed is gone: the keyboard stays where it was.
    if (button.hidden) button.parentElement.querySelector('button:not([hidden])').focus();
  } catch (error) {
    note.textContent = `${key} was not changed: ${error.message}`;
  }
}

function onState(state) {
  const element = byId('connection');
  if (element.dataset.state === state) return;
  element.dataset.state = state;
  setText(element, state === 'live' ? 'Live' : `No connection since ${timeOfDay(Date.now())}; what you see may be old`);
}

function askForToken() {
  const wasWrong = token.get() !== null;
  token.forget();
  byId('status').hidden = true;
  byId('forget').hidden = true;
  byId('login').hidden = false;
  setText(byId('login-error'), wasWrong ? 'This token was not accepted.' : '');
  setText(byId('connection'), 'Waiting for the token');
  byId('connection').dataset.state = 'waiting';
  byId('token').focus();
}

function start() {
  follow({ onEvent, onState, onToken: askForToken });
}

byId('login').addEventListener('submit', (event) => {
  event.preventDefault();
  token.set(byId('token').value.trim());
  byId('token').value = '';
  start();
});
byId('forget').addEventListener('click', () => {
  token.forget();
  location.reload();
});
byId('confirm-yes').addEventListener('click', () => byId('confirm').close('yes'));
byId('confirm-no').addEventListener('click', () => byId('confirm').close());
byId('confirm').addEventListener('close', ({ target: { returnValue } }) => {
  if (returnValue === 'yes') void change(...asked);
});
start();
