'use strict';
/* The technician's page: shows /api/status, refreshed when /api/watch says that something changed. */

const $ = (id) => document.getElementById(id);
const el = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (value !== false && value !== '') node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
};

let toastTimer;
function toast(text, isBad = false) {
  const box = $('toast');
  box.textContent = text;
  box.className = isBad ? 'on bad' : 'on';
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { box.className = ''; }, isBad ? 6000 : 2500);
}

async function command(request, done) {
  try {
    const response = await fetch('/api/command', {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(request),
    });
    const reply = await response.json();
    if (reply.ok) toast(done); else toast(reply.error || 'refused', true);
  } catch (error) {
    toast('The board is not reachable.', true);
  }
}

function duration(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 100e3) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 120 * 60e3) return `${Math.round(ms / 60e3)} min`;
  if (ms < 48 * 3600e3) return `${Math.round(ms / 3600e3)} h`;
  return `${Math.round(ms / 86400e3)} d`;
}

/* ---- what needs a hand ---- */
const truths = {
  nothing: 'No data since the start. Does the queue server publish for this hall?',
  stale: 'No sign of the queue server for 15 s. The walls say “no connection”.',
  blank: 'No sign of the queue server for a minute. The walls show no numbers.',
};
function troubles(status) {
  const list = [];
  if (!status.link.connected) list.push(`No broker: ${status.link.why || 'connecting'}`);
  if (truths[status.feed.truth]) list.push(truths[status.feed.truth]);
  for (const screen of status.screens)
    if (screen.state === 'shown' ? screen.detail : screen.state !== 'standby') list.push(`Screen ${screen.id}: ${screen.state}: ${screen.detail}`);
  for (const bus of status.buses) {
    if (!bus.open) list.push(`Bus ${bus.id}: ${bus.device}: ${bus.detail || 'not open'}`);
    else for (const unit of bus.units)
      if (unit.dead) list.push(`LED board above desk ${unit.desk} (${bus.id}/${unit.unit}): no reply`);
  }
  for (const chime of status.chimes)
    if (chime.state !== 'ready' && chime.state !== 'playing') list.push(`Chime ${chime.id}: ${chime.state} ${chime.detail}`);
  return list;
}
function showTrouble(list, isReached) {
  $('trouble').replaceChildren(...list.map((text) => el('li', {}, text)));
  $('trouble-section').hidden = list.length === 0;
  $('verdict').textContent = !isReached ? 'Board not reachable' : list.length === 0 ? 'All well' : list.length === 1 ? '1 problem' : `${list.length} problems`;
  $('verdict').className = `pill ${isReached && list.length === 0 ? 'good' : 'bad'}`;
}

/* ---- the parts ---- */
function showFacts(status) {
  const { link, feed } = status;
  const rows = [
    ['Broker', link.connected ? `${link.url}, MQTT ${link.mqtt === 5 ? '5' : '3.1.1'}` : 'not connected'],
    ['Truth', `${feed.truth}, ${feed.profile} profile`],
    ['Messages', `${feed.events} events, ${feed.duplicates} repeated, ${feed.muted} late, ${feed.gaps} gaps, ${feed.invalid} refused`],
  ];
  if (feed.epoch) rows.push(['Newest', `number ${feed.seq} of epoch ${feed.epoch}`]);
  $('facts').replaceChildren(...rows.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]));
}

/* A picture is fetched again when its frame number moved on, at most once a second, and never twice at a time. */
const pictures = new Map();
function loadPicture(id) {
  const picture = pictures.get(id);
  if (!picture || picture.isLoading || picture.shown === picture.frame || document.hidden) return;
  picture.isLoading = true;
  picture.shown = picture.frame;
  picture.image.src = `/api/screens/${id}.png?frame=${picture.frame}`;
}
function pictureOf(id) {
  if (pictures.has(id)) return pictures.get(id);
  const picture = { frame: 0, shown: -1, isLoading: false };
  const next = () => setTimeout(() => { picture.isLoading = false; loadPicture(id); }, 1000);
  picture.image = el('img', { alt: `What screen ${id} shows now`, onload: next, onerror: next });
  picture.caption = el('span', { class: 'soft' });
  const test = (pattern) => command({ cmd: 'screen-test', screen: id, pattern, seconds: 30 },
    pattern === 'off' ? `${id} shows the hall` : `${id} shows ${pattern} for 30 s; calls are not shown there meanwhile`).then(refresh);
  const tests = el('details', {}, el('summary', {}, 'Test picture'), el('div', { class: 'buttons' },
    ...['grid', 'bars', 'gradient', 'text', 'motion', 'off'].map((pattern) =>
      el('button', { type: 'button', onclick: () => test(pattern) }, pattern))));
  picture.figure = el('figure', {}, picture.image, el('figcaption', {}, el('b', {}, id), picture.caption), tests);
  pictures.set(id, picture);
  return picture;
}
function showScreens(screens) {
  const figures = screens.map((screen) => {
    const picture = pictureOf(screen.id);
    picture.frame = screen.frames;
    picture.caption.textContent = [screen.state, screen.output || screen.driver, screen.size && `${screen.size} at ${+screen.refresh_hz.toFixed(2)} Hz`,
      screen.monitor, screen.shows.startsWith('test') && screen.shows].filter(Boolean).join(', ');
    picture.image.hidden = screen.state !== 'shown';
    if (screen.state === 'shown') loadPicture(screen.id);
    return picture.figure;
  });
  if ($('screens').children.length !== figures.length) $('screens').replaceChildren(...figures);
}

/* A cable in the wrong port is the commonest of faults. */
async function showOutputs() {
  const reply = await fetch('/api/screens').then((response) => response.json()).catch(() => ({}));
  const free = (reply.outputs || []).filter((output) => !output.screen && output.state !== 'unplugged');
  const names = free.map((output) => [output.output, output.monitor, output.held_by && `held by ${output.held_by}`].filter(Boolean).join(', '));
  const text = [names.length && `Plugged in, but no screen of the hall file: ${names.join('; ')}.`, reply.trouble].filter(Boolean).join(' ');
  $('outputs').textContent = text;
  $('outputs').hidden = !text;
}

function ledRow(bus, unit) {
  const isDead = unit.dead || !bus.open;
  const glass = el('div', { class: `glass${unit.blink && !isDead ? ' blink' : ''}${isDead ? ' dead' : ''}` }, unit.shown || ' ');
  const sure = isDead ? el('span', { class: 'bad-text' }, bus.open ? 'no reply' : 'bus absent') :
    el('span', { class: 'soft' }, unit.certainty === 'unknown' ? 'not sent yet' : `${unit.certainty}, ${duration(unit.age_ms)}`);
  const identify = () => command({ cmd: 'led-identify', desk: unit.desk, seconds: 10 }, `Desk ${unit.desk} shows its unit number for 10 s`);
  return el('div', { class: 'led' }, glass,
    el('div', {}, el('b', {}, `Desk ${unit.desk}`), sure),
    el('button', { type: 'button', onclick: identify, title: `${bus.id}/${unit.unit}, ${unit.profile}` }, 'Find'));
}
function showLeds(buses) {
  $('leds').replaceChildren(...buses.flatMap((bus) => bus.units.map((unit) => ledRow(bus, unit))));
}

let melodies = [];
function showChimes(chimes) {
  $('chimes').replaceChildren(...chimes.map((chime) => el('div', { class: 'row' },
    el('div', {}, el('b', {}, chime.id), ' ', el('span', { class: 'soft' }, `${chime.state}, ${chime.driver}, played ${chime.played}`)),
    el('div', { class: 'buttons' }, ...melodies.map((melody) => el('button', {
      type: 'button', onclick: () => command({ cmd: 'chime', chime: chime.id, melody }, `${melody} sounds`),
    }, `Play ${melody}`))))));
}

/* ---- refreshing ---- */
let isAsking = false, isWanted = false;
async function refresh() {
  if (isAsking) { isWanted = true; return; }
  isAsking = true;
  try {
    const response = await fetch('/api/status');
    const status = await response.json();
    if (!status.ok) throw new Error(status.error);
    $('board').textContent = `board ${status.board}, kezekd ${status.version}, up ${duration(status.uptime_s * 1000)}`;
    showTrouble(troubles(status), true);
    showFacts(status);
    showScreens(status.screens);
    showLeds(status.buses);
    showChimes(status.chimes);
  } catch (error) {
    showTrouble([error.message || 'The board is not reachable.'], false);
  }
  setTimeout(() => { isAsking = false; if (isWanted) { isWanted = false; refresh(); } }, 300);
}

function log(kind, text) {
  const list = $('log');
  if (list.firstElementChild && list.firstElementChild.className === 'soft') list.replaceChildren();
  list.prepend(el('li', {}, el('time', {}, new Date().toLocaleTimeString('en-GB')), el('em', {}, kind), el('span', {}, text)));
  while (list.children.length > 100) list.lastElementChild.remove();
}

const readers = {
  event: (line) => log('event', [line.type, line.ticket, line.desk && `desk ${line.desk}`, line.id, line.reason, line.status, line.type.endsWith('call') && line.sound].filter(Boolean).join(' ')),
  receipt: (line) => log('receipt', `${line.ticket || ''} ${line.result}: ${(line.outlets || []).map((outlet) =>
    `${outlet.outlet} ${outlet.result}${outlet.latency_ms === undefined ? '' : ` ${outlet.latency_ms.toFixed(1)} ms`}`).join(', ')} ${line.detail || ''}`),
  link: (line) => log('link', line.connected ? `connected to ${line.url || 'the broker'}` : `lost: ${line.why || ''}`),
  truth: (line) => log('truth', line.truth),
  screen: (line) => { log('screen', `${line.screen} ${line.state}${line.detail ? `: ${line.detail}` : ''}`); showOutputs(); },
  led: () => {},
  board: () => {},
};
function listen() {
  const source = new EventSource('/api/watch');
  for (const [kind, read] of Object.entries(readers))
    source.addEventListener(kind, (message) => { read(JSON.parse(message.data)); refresh(); });
  source.addEventListener('frame', (message) => {
    const line = JSON.parse(message.data), picture = pictures.get(line.screen);
    if (!picture || picture.image.hidden) return;
    picture.frame = line.frame;
    loadPicture(line.screen);
  });
  source.onerror = () => { if (source.readyState === EventSource.CLOSED) setTimeout(listen, 5000); };
}

async function start() {
  $('manual').addEventListener('submit', (event) => {
    event.preventDefault();
    const type = event.submitter ? event.submitter.value : 'call';
    const ticket = $('ticket').value.trim(), desk = $('desk').value;
    const request = { cmd: 'event', type, ticket, desk };
    if (type === 'clear') request.reason = 'done';
    command(request, `${type}: ${ticket}, desk ${desk}`);
  });
  $('reload').addEventListener('click', () => command({ cmd: 'reload' }, 'The hall file is in force.'));
  document.addEventListener('visibilitychange', () => { if (!document.hidden) refresh(); });
  setInterval(() => { if (!document.hidden) refresh(); }, 10000);
  listen();
  try {
    melodies = (await (await fetch('/api/chimes')).json()).melodies || [];
  } catch (error) {
    melodies = []; /* the verdict says what is wrong */
  }
  refresh();
  showOutputs();
  const hall = await (await fetch('/api/hall')).json();
  $('hall').textContent = Object.values(hall.name)[0] || hall.hall;
  $('hall').lang = Object.keys(hall.name)[0] || 'en';
  document.title = `${hall.board} · Kezek`;
  $('desk').replaceChildren(...hall.desks.map((desk) => el('option', { value: desk.id }, desk.label || desk.id)));
}
start();
