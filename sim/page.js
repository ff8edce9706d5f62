'use strict';
/* The demo page: draws what /api/watch tells. It decides nothing; what is seen here happened outside. */

const $ = (id) => document.getElementById(id);
const el = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (value !== false && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
};
const svg = (tag, attributes = {}, ...children) => {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
};

let toastTimer;
function toast(text) {
  $('toast').textContent = text;
  $('toast').className = 'on';
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { $('toast').className = ''; }, 4000);
}
async function post(path, body) {
  try {
    const response = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    const reply = await response.json();
    if (!reply.ok) toast(reply.error);
  } catch (error) {
    toast('kezek-sim does not answer.');
  }
}

/* ---- walls ---- */
const walls = new Map();
function buildWall(screen) {
  const wall = { frame: 0, shown: 0, isLoading: false };
  wall.image = el('img', { alt: `What the wall screen ${screen.id} shows now`, width: screen.width || 1920, height: screen.height || 1080, 'data-screen': screen.id });
  wall.dark = el('div', { class: 'dark' }, 'no picture yet: is kezekd running?');
  wall.caption = el('span', {}, '');
  const tv = el('a', { class: 'tv', href: `/api/screens/${screen.id}.png`, target: '_blank', rel: 'noopener', title: 'The whole picture' }, wall.image, wall.dark);
  const size = [screen.diagonal_in ? `${screen.diagonal_in}″` : '', `${screen.width} × ${screen.height}`].filter(Boolean).join(', ');
  $('walls').append(el('figure', { class: 'wall' }, tv, el('figcaption', {}, el('span', {}, el('b', {}, screen.id), ` · ${size}`), wall.caption)));
  walls.set(screen.id, wall);
}
/* One picture at a time; what comes meanwhile is fetched afterwards, the newest only. */
async function loadWall(id) {
  const wall = walls.get(id);
  if (!wall || wall.isLoading || document.hidden || wall.shown === wall.frame) return;
  wall.isLoading = true;
  const frame = wall.frame;
  try {
    const response = await fetch(`/api/screens/${id}.png`);
    if (!response.ok) throw new Error('no picture');
    const url = URL.createObjectURL(await response.blob()), old = wall.image.src;
    wall.image.src = url;
    await wall.image.decode();
    if (old.startsWith('blob:')) URL.revokeObjectURL(old);
    wall.dark.hidden = true;
    wall.dark.style.display = 'none';
    wall.image.dataset.frame = frame;
    wall.caption.textContent = `frame ${frame}`;
  } catch (error) {
    wall.dark.style.display = '';
    wall.caption.textContent = '';
  }
  wall.shown = frame;
  wall.isLoading = false;
  if (wall.frame !== frame) loadWall(id);
}
function onScreen({ screen, frame }) {
  const wall = walls.get(screen);
  if (!wall) return;
  wall.frame = frame;
  loadWall(screen);
}

/* ---- LED boards: seven segments a cell, bit 0 = a … 6 = g, 7 = dot ---- */
const SEGMENTS = [
  'M9 3l4-3h26l4 3-5 6H14z', 'M45 5l3 4v29l-4 4-5-5V12z', 'M45 50l3 4v29l-3 4-6-7V55z', 'M9 89l5-6h24l5 6-4 3H13z',
  'M7 50l6 5v25l-6 7-3-4V54z', 'M7 5l6 7v25l-6 5-3-4V9z', 'M9 46l5-5h24l5 5-5 5H14z', 'M52 85h8v8h-8z',
];
const ledBoards = new Map();
function drawCells(board, count) {
  if (board.cells.length === count) return;
  board.cells = [];
  const group = svg('g', { transform: 'skewX(-6)' });
  for (let i = 0; i < count; i++) {
    const cell = SEGMENTS.map((path) => svg('path', { d: path, class: 'segment' }));
    group.append(svg('g', { transform: `translate(${i * 68 + 8} 0)` }, ...cell));
    board.cells.push(cell);
  }
  board.picture.replaceChildren(group);
  board.picture.setAttribute('viewBox', `0 -2 ${count * 68} 97`);
}
function onLeds(list) {
  for (const led of list) {
    const board = ledBoards.get(led.desk);
    if (!board) continue;
    drawCells(board, led.segments.length);
    led.segments.forEach((bits, i) => board.cells[i].forEach((segment, bit) => segment.classList.toggle('lit', led.on && (bits >> bit & 1) === 1)));
    board.box.classList.toggle('blink', led.blink);
    board.box.classList.toggle('off', !led.on);
    board.box.dataset.colour = led.colour;
    board.picture.style.opacity = 0.4 + 0.006 * led.brightness;
    board.box.dataset.text = led.on ? led.text.trim() : '';
    board.picture.setAttribute('aria-label', led.on ? `shows ${led.text.trim() || 'nothing'}${led.blink ? ', blinking' : ''}${led.safe ? ', its safe pattern' : ''}` : 'without power');
    board.power.title = led.on ? 'Pull the plug of this board' : 'Give it power again';
    board.power.setAttribute('aria-label', board.power.title);
    board.isOn = led.on;
  }
}

/* ---- serial adapters ---- */
function onBuses(list) {
  $('buses').replaceChildren(...list.map(({ bus, plugged }) => el('button', { type: 'button', 'data-bus': bus, 'aria-pressed': String(plugged),
    title: plugged ? 'Pull the serial adapter of this bus' : 'Plug its adapter in again', onclick: () => post('/api/bus', { bus, plugged: !plugged }) }, bus)));
  const away = list.filter(({ plugged }) => !plugged).map(({ bus }) => bus);
  $('unplugged').textContent = away.length ? `unplugged: ${away.join(', ')}` : '';
}

/* ---- desks ---- */
const desks = new Map();
const phases = { idle: 'free', called: 'called', serving: 'at the desk' };
function key(name, text, desk, className = '') {
  return el('button', { type: 'button', class: className || false, 'data-action': name, onclick: () => post('/api/desk', { desk, action: name }) }, text);
}
function buildDesk(place) {
  const desk = { place };
  const picture = svg('svg', { role: 'img', 'aria-label': 'dark' });
  const power = el('button', { type: 'button', class: 'power' }, '⏻');
  const box = el('div', { class: 'board' }, picture, power);
  const board = { picture, power, box, cells: [], isOn: true };
  power.addEventListener('click', () => post('/api/led', { desk: place.id, power: !board.isOn }));
  drawCells(board, 4);
  if (place.bus) {
    ledBoards.set(place.id, board);
    box.title = `${place.type}, ${place.bus}/${place.unit}`;
  }
  desk.ticket = el('div', { class: 'ticket' });
  const agency = place.agency ? place.agency.en || Object.values(place.agency)[0] : '';
  desk.keys = { next: key('call', 'Call next', place.id, 'next'), recall: key('recall', 'Recall', place.id), serve: key('serve', 'Serve', place.id),
    done: key('done', 'Clear', place.id), no_show: key('no_show', 'No-show', place.id) };
  desk.pause = el('button', { type: 'button', onclick: () => post('/api/desk', { desk: place.id, action: desk.isOpen ? 'pause' : 'open' }) }, 'Pause');
  desk.keys.no_show.title = 'The visitor did not come';
  desk.card = el('article', { class: 'desk', 'data-desk': place.id, 'aria-label': `Desk ${place.label}` }, ...(place.bus ? [box] : []),
    el('div', { class: 'who' }, el('div', { class: 'number' }, place.label || place.id), desk.ticket, el('div', { class: 'agency', title: agency }, agency)),
    el('div', { class: 'keys' }, desk.keys.next, desk.pause, desk.keys.recall, desk.keys.serve, desk.keys.done, desk.keys.no_show));
  $('desks').append(desk.card);
  desks.set(place.id, desk);
}
function showDesk(state, hasServer) {
  const desk = desks.get(state.desk);
  if (!desk) return;
  desk.isOpen = state.status === 'open';
  const hasVisit = state.phase !== 'idle';
  const about = !desk.isOpen ? state.status : hasVisit ? phases[state.phase] : `${phases.idle}${state.waiting ? `, ${state.waiting} waiting` : ''}`;
  desk.ticket.replaceChildren(...(state.ticket ? [`${state.ticket} `] : []), el('em', {}, about));
  desk.card.classList.toggle('called', state.phase === 'called');
  desk.card.dataset.ticket = state.ticket;
  desk.keys.next.disabled = !hasServer;
  desk.keys.recall.disabled = desk.keys.no_show.disabled = desk.keys.serve.disabled = state.phase !== 'called';
  desk.keys.done.disabled = !hasVisit;
  desk.pause.textContent = desk.isOpen ? 'Pause' : 'Open';
}

/* ---- the hall ---- */
let hall = {};
function onHall(state) {
  hall = state;
  $('link').textContent = !state.server ? 'no queue server' : state.connected ? 'broker connected' : `no broker: ${state.why || 'trying'}`;
  $('link').className = `pill ${state.connected ? 'good' : state.server ? 'bad' : ''}`;
  for (const button of $('pace').children) {
    button.setAttribute('aria-pressed', String(button.value === state.pace));
    button.disabled = !state.server;
  }
  $('alert').setAttribute('aria-pressed', String(state.alert));
  $('mute').setAttribute('aria-pressed', String(state.mute));
  $('alert').disabled = $('mute').disabled = !state.server;
  $('waiting').textContent = state.waiting ? `${state.waiting} waiting` : '';
  $('broker').textContent = state.broker;
  const port = (state.broker.match(/:(\d+)$/) || [])[1];
  $('by-hand').textContent = `mosquitto_pub ${port ? `-p ${port} ` : ''}-t kezek/v1/${place.hall}/event -m '{"v":1,"type":"call","desk":"3","ticket":"А042"}'`;
  for (const desk of state.desks) showDesk(desk, state.server);
}

/* ---- receipts: a call appears when it is published, its receipt fills it in ---- */
const entries = new Map();
function entryOf(message) {
  const id = message.seq ? `${message.epoch}:${message.seq}` : `${message.ticket}:${message.desk}:${Math.floor(Date.now() / 30000)}`;
  if (entries.has(id)) return entries.get(id);
  const entry = { result: el('span', { class: 'result' }, '…'), outlets: el('div', { class: 'outlets' }) };
  const now = new Date().toLocaleTimeString('en-GB');
  const headline = el('div', { class: 'headline' }, el('b', {}, `${message.ticket || '?'} → ${message.desk || '?'}`), entry.result, el('time', {}, now));
  entry.item = el('li', { 'data-ticket': message.ticket || '', 'data-desk': message.desk || '' }, headline, entry.outlets);
  entries.set(id, entry);
  const list = $('receipts');
  for (const empty of list.querySelectorAll('.empty')) empty.remove();
  list.prepend(entry.item);
  while (list.children.length > 40) list.lastElementChild.remove();
  if (entries.size > 80) entries.delete(entries.keys().next().value);
  return entry;
}
const isGood = (result) => ['shown', 'finished', 'verified', 'lit', 'acked', 'sent'].includes(result);
const tone = (result) => (isGood(result) ? 'good' : ['failed', 'invalid', 'unknown_desk'].includes(result) ? 'bad' : '');
function onReceipt(receipt) {
  const entry = entryOf(receipt);
  entry.result.textContent = receipt.result.replace('_', ' ');
  entry.result.className = `result ${tone(receipt.result)}`;
  entry.item.dataset.result = receipt.result;
  entry.outlets.replaceChildren(...(receipt.outlets || []).flatMap(({ outlet, result, latency_ms: ms }) => [
    el('span', {}, outlet), el('span', { class: tone(result) }, result.replace('_', ' ')), el('span', {}, ms === undefined ? '' : `${ms.toFixed(1)} ms`)]));
}
function onEvent(event) {
  if (event.type === 'call' || event.type === 'recall') entryOf(event);
}

/* ---- sound: tones with the pitch and loudness that the line's edges have ---- */
let audio, master, tones = [], toneNow, base = 0, heard = [];
function toggleSound() {
  if (!audio) {
    audio = new AudioContext();
    master = audio.createGain();
    master.gain.value = 0.35;
    master.connect(audio.destination);
  } else if (audio.state === 'running') {
    audio.suspend();
    $('sound').setAttribute('aria-pressed', 'false');
    $('sound-text').textContent = 'Turn the sound on';
    return;
  }
  audio.resume();
  $('sound').setAttribute('aria-pressed', 'true');
  $('sound-text').textContent = 'Sound is on';
}
function startTone(sound) {
  const now = audio.currentTime;
  if (base === 0) base = now + 0.15 - sound.at_ms / 1000;
  const at = Math.max(now, base + sound.at_ms / 1000);
  const gain = audio.createGain(), oscillators = [1, 2, 3].map((harmonic) => {
    const oscillator = audio.createOscillator(), part = audio.createGain();
    oscillator.frequency.value = sound.hz * harmonic;
    part.gain.value = [1, 0.22, 0.08][harmonic - 1];
    oscillator.connect(part).connect(gain);
    oscillator.start(at);
    return oscillator;
  });
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(sound.amplitude || 1, at + 0.008);
  gain.connect(master);
  return { gain, oscillators };
}
function endTone(playing, sound) {
  const at = Math.max(audio.currentTime, base + sound.at_ms / 1000);
  playing.gain.gain.setTargetAtTime(0, at, 0.04);
  for (const oscillator of playing.oscillators) oscillator.stop(at + 0.4);
}
function onSound(sound) {
  const isAudible = audio && audio.state === 'running';
  if (sound.kind === 'melody') {
    base = 0;
    heard = [];
  } else if (sound.kind === 'on') {
    $('sound').classList.add('ringing');
    if (isAudible) toneNow = startTone(sound);
  } else if (sound.kind === 'level' && toneNow && isAudible) {
    toneNow.gain.gain.setTargetAtTime(sound.amplitude, Math.max(audio.currentTime, base + sound.at_ms / 1000), 0.02);
  } else if (sound.kind === 'off') {
    $('sound').classList.remove('ringing');
    if (toneNow && isAudible) endTone(toneNow, sound);
    toneNow = undefined;
    heard.push(sound.hz.toFixed(1));
    $('heard').textContent = `Last time: ${heard.join(', ')} Hz.`;
  }
}

/* ---- start ---- */
let place;
function listen() {
  const source = new EventSource('/api/watch');
  const on = (name, read) => source.addEventListener(name, (message) => read(JSON.parse(message.data)));
  on('hall', onHall);
  on('buses', onBuses);
  on('leds', onLeds);
  on('screen', onScreen);
  on('event', onEvent);
  on('receipt', onReceipt);
  on('sound', onSound);
  source.onerror = () => {
    $('link').textContent = 'kezek-sim does not answer';
    $('link').className = 'pill bad';
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
  };
}
async function start() {
  $('sound').addEventListener('click', toggleSound);
  $('pace').addEventListener('click', (event) => { if (event.target.value) post('/api/hall', { pace: event.target.value }); });
  $('alert').addEventListener('click', () => post('/api/hall', { alert: !hall.alert }));
  $('mute').addEventListener('click', () => post('/api/hall', { mute: !hall.mute }));
  document.addEventListener('visibilitychange', () => { for (const id of walls.keys()) loadWall(id); });
  place = await (await fetch('/api/place')).json();
  const names = Object.entries(place.name);
  if (names.length) {
    $('hall-name').textContent = place.name.en || names[0][1];
    $('hall-name').title = names.map(([, name]) => name).join(' · ');
  }
  if (place.console) {
    $('console').href = $('console').textContent = place.console;
    $('console-item').hidden = false;
  }
  place.screens.forEach(buildWall);
  place.desks.forEach(buildDesk);
  listen();
}
start();
