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

async function ask(request) {
  try {
    const response = await fetch('/api/command', {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(request),
    });
    return await response.json();
  } catch (error) {
    return { ok: false, error: 'The board is not reachable.' };
  }
}
async function command(request, done) {
  const reply = await ask(request);
  if (!reply.ok) toast(reply.error || 'refused', true);
  else if (done) toast(done);
  return reply.ok;
}
const button = (text, onclick, kind = '') => el('button', { type: 'button', class: kind, onclick }, text);

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
  if (status.lacking) list.push(status.lacking);
  for (const screen of status.screens)
    if (screen.state === 'shown' ? screen.detail : screen.state !== 'standby') list.push(`Screen ${screen.id}: ${screen.state}: ${screen.detail}`);
  for (const bus of status.buses) {
    if (bus.why) list.push(`Bus ${bus.id}: ${bus.why}`);
    else for (const unit of bus.units)
      if (unit.why) list.push(`LED board above desk ${unit.desk} (${bus.id}/${unit.unit}): ${unit.why}`);
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

/* ---- LED boards: rows stay, so that a finger finds its button again ---- */
const states = { dead: 'no reply', other: 'another device', damaged: 'damaged replies', refuses: 'refuses' };
const rows = new Map();
function ledRow(desk) {
  const row = { glass: el('div'), sure: el('span'), facts: el('span', { class: 'soft facts' }), why: el('p', { class: 'bad-text' }) };
  const identify = () => command({ cmd: 'led-identify', desk, seconds: 10 }, `Desk ${desk} shows its unit number for 10 s`);
  row.node = el('div', { class: 'led' }, row.glass, el('div', {}, el('b', {}, `Desk ${desk}`), row.sure, row.facts), button('Find', identify), row.why);
  rows.set(desk, row);
  return row;
}
function errorsOf(unit) {
  const parts = [[unit.timeouts, 'lost'], [unit.crc_errors, 'damaged'], [unit.exceptions, 'refused']].filter(([count]) => count > 0);
  return parts.length ? `${parts.map(([count, word]) => `${count} ${word}`).join(', ')} of ${unit.requests}` : '';
}
function showLed(bus, unit) {
  const row = rows.get(unit.desk) || ledRow(unit.desk);
  const isBad = !bus.open || unit.state in states;
  const word = !bus.open ? 'bus absent' : states[unit.state] || (unit.certainty === 'unknown' ? 'not sent yet' : unit.certainty);
  row.glass.textContent = unit.shown || ' ';
  row.glass.className = `glass${unit.blink && !isBad ? ' blink' : ''}${isBad ? ' dead' : ''}`;
  row.sure.className = isBad ? 'bad-text' : 'soft';
  row.sure.textContent = unit.age_ms < 0 ? word : isBad ? `${word}, sure ${duration(unit.age_ms)} ago` : `${word}, ${duration(unit.age_ms)}`;
  row.facts.textContent = [`${bus.id}/${unit.unit}`, unit.profile, errorsOf(unit)].filter(Boolean).join(' · ');
  row.why.textContent = bus.why ? '' : unit.why;
  row.why.hidden = !row.why.textContent;
  return row.node;
}
const keep = (box, nodes) => { if (box.children.length !== nodes.length || nodes.some((node, i) => node !== box.children[i])) box.replaceChildren(...nodes); };
function showLeds(buses) {
  keep($('leds'), buses.flatMap((bus) => bus.units.map((unit) => showLed(bus, unit))));
  const units = buses.flatMap((bus) => bus.units.map((unit) => ({ ...unit, place: `${bus.id}/${unit.unit}` })));
  const unsure = [...new Set(units.filter((unit) => unit.confidence !== 'confirmed').map((unit) => `${unit.profile} (${unit.confidence})`))];
  $('unconfirmed').textContent = `Not confirmed on hardware by this project: ${unsure.join(', ')}. Compare the glass with what stands here.`;
  $('unconfirmed').hidden = unsure.length === 0;
  walk.units = units;
  $('walk-start').disabled = units.length === 0;
  keep($('buses'), buses.map(showBus));
}

/* ---- a walk: desk after desk shows its number ---- */
const walk = { units: [], stops: [], at: 0 };
const verdicts = { right: 'right', wrong: 'wrong or dark', '': 'not looked at' };
function tellWalk(name) {
  const stop = walk.stops[walk.at];
  return command({ cmd: name, desk: stop.desk, ...(name === 'led-walk' ? { seconds: 60 } : {}) });
}
async function showStop() {
  const stop = walk.stops[walk.at], at = walk.at;
  const answer = (verdict, step) => async () => {
    if (verdict !== undefined) stop.verdict = verdict;
    clearInterval(walk.timer);
    await tellWalk('led-end');
    walk.at = Math.max(0, at + step);
    if (walk.at < walk.stops.length) showStop(); else showResult();
  };
  $('walk').replaceChildren(
    el('p', {}, `${at + 1} of ${walk.stops.length}: does “${stop.label || stop.desk}” blink above desk ${stop.desk}, and nowhere else?`),
    el('div', { class: 'buttons' }, button('Right', answer('right', 1), 'main'), button('Wrong or dark', answer('wrong', 1)), button('Next', answer(undefined, 1)),
      button('Back', answer(undefined, -1)), button('End', answer(undefined, walk.stops.length))),
    el('p', { class: 'soft' }, `${stop.place}, ${stop.profile}`));
  clearInterval(walk.timer);
  walk.timer = setInterval(() => tellWalk('led-walk'), 30e3);
  await tellWalk('led-walk');
}
function showResult() {
  const order = ['wrong', '', 'right'];
  const stops = [...walk.stops].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  const right = stops.filter((stop) => stop.verdict === 'right').length;
  $('walk').replaceChildren(el('p', {}, `${right} of ${stops.length} boards are right.`),
    el('ul', {}, ...stops.map((stop) => el('li', { class: stop.verdict === 'wrong' ? 'bad-text' : '' }, `Desk ${stop.desk}, ${stop.place}: ${verdicts[stop.verdict]}`))),
    button('Close', () => showWalk(false)));
}
/* Who walks does not begin anew by a slip of the finger. */
function showWalk(isOn) {
  $('walk').hidden = !isOn;
  $('walk-start').hidden = isOn;
}
function startWalk() {
  clearInterval(walk.timer);
  walk.stops = walk.units.map((unit) => ({ ...unit, verdict: '' }));
  walk.at = 0;
  showWalk(true);
  $('walk').scrollIntoView({ block: 'nearest' });
  showStop();
}

/* ---- buses: who is on the line ---- */
const lines = new Map();
const settings = (part) => `${part.baud} 8${part.parity}${part.stop_bits}`;
function foundText(found) {
  if (found.collision) return `${found.unit} at ${settings(found)}: two boards with one address`;
  return [`${found.unit}: ${found.profile || 'type not known'}`, found.identity && `“${found.identity}”`, settings(found), found.desk ? `desk ${found.desk}` : 'not in the hall file'].filter(Boolean).join(', ');
}
function showJob(line, job) {
  const isScan = job.kind === 'scan';
  const lost = isScan && !job.running && !job.error ? line.bus.units.filter((unit) => unit.unit >= line.from.value && unit.unit <= line.to.value && !job.found.some((found) => found.desk === unit.desk)) : [];
  line.progress.hidden = line.stop.hidden = !job.running;
  line.start.hidden = job.running;
  line.progress.max = job.total || 1;
  line.progress.value = job.done;
  line.said.textContent = job.kind === 'none' ? '' : job.running ? `Question ${job.done} of ${job.total}: ${job.unit} at ${settings(job)}, ${job.found.length} found` : job.error ? `Ended: ${job.detail}` : isScan ? `${job.found.length} found.` : job.detail;
  line.list.replaceChildren(...job.found.map((found) => el('li', { class: found.collision ? 'bad-text' : '' }, foundText(found))),
    ...lost.map((unit) => el('li', { class: 'bad-text' }, `${unit.unit}: desk ${unit.desk} of the hall file was not found`)));
}
async function follow(line) {
  if (line.isFollowing) return;
  line.isFollowing = true;
  let job = { running: true };
  while (job.running) {
    const reply = await ask({ cmd: 'led-job', bus: line.bus.id });
    if (!reply.ok) { toast(reply.error, true); break; }
    job = reply.job;
    showJob(line, job);
    if (job.running) await new Promise((done) => { setTimeout(done, 700); });
  }
  line.isFollowing = false;
}
function lineOf(bus) {
  const line = { bus };
  const number = (value) => el('input', { type: 'number', min: 1, max: 247, value, inputmode: 'numeric' });
  line.from = number(1);
  line.to = number(247);
  const scan = async () => {
    if (await command({ cmd: 'led-scan', bus: bus.id, from: +line.from.value, to: +line.to.value }, `Bus ${bus.id} is asked; calls go first`)) follow(line);
  };
  line.start = button('Scan', scan);
  line.stop = button('Stop', () => command({ cmd: 'led-stop', bus: bus.id }));
  line.progress = el('progress', {});
  line.said = el('p', { class: 'soft', role: 'status' });
  line.list = el('ul');
  line.progress.hidden = line.stop.hidden = true;
  line.summary = el('summary');
  line.facts = el('p', { class: 'soft' });
  line.node = el('details', { class: 'bus', ontoggle: () => { if (line.node.open) follow(line); } }, line.summary, line.facts,
    el('div', { class: 'buttons' }, el('label', {}, 'Address', line.from), el('label', {}, 'to', line.to), line.start, line.stop),
    line.progress, line.said, line.list);
  lines.set(bus.id, line);
  return line;
}
function showBus(bus) {
  const line = lines.get(bus.id) || lineOf(bus);
  line.bus = bus;
  line.summary.textContent = `Bus ${bus.id}: ${bus.open ? 'open' : 'absent'}, ${bus.units.length} boards, ${(bus.busy_permille / 10).toFixed(1)} % used`;
  line.facts.textContent = [bus.device, `${bus.latency_ms} ms for the adapter`, bus.group_frames > 0 && `${bus.group_frames} group frames`, bus.hears_itself && 'hears itself'].filter(Boolean).join(', ');
  return line.node;
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
  $('walk-start').addEventListener('click', startWalk);
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
