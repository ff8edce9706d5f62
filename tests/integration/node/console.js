// console.js URL PICTURE BROKER SERVER: the technician's page on a telephone: it tells what the board's status tells, its buttons
// do what they say, a call of the queue server (kezek-sim's page) appears, and so does the loss of the broker (a process id).
// Leaves a screenshot. Prints what it saw; exits 1 when something is missing.
'use strict';
const { visit } = require('./browser');
const [url, picture, broker, server] = process.argv.slice(2);
const telephone = { width: 412, height: 915 };

visit(telephone, url, async (page) => {
    const status = () => page.evaluate(() => fetch('/api/status').then((response) => response.json()));
    const text = (selector) => page.locator(selector).innerText();
    const says = (selector, part) => page.locator(selector, { hasText: part }).first().waitFor({ timeout: 30000 }).catch(async () => {
        throw new Error(`${selector} does not say "${part}" but "${(await page.locator(selector).allInnerTexts()).join(' | ')}"`);
    });
    const must = (is, what) => { if (!is) throw new Error(what); };

    await says('#verdict', 'All well');
    must(!await page.locator('#trouble-section').isVisible(), 'all is well, and yet there is trouble');
    const told = await status();
    must((await text('#board')).includes(`board ${told.board}, kezekd ${told.version}`), await text('#board'));
    must((await text('#facts')).includes(`${told.link.url}, MQTT 5`), await text('#facts'));
    for (const screen of told.screens) {
        await says('figcaption', `${screen.id}shown, ${screen.driver}, ${screen.size} at ${screen.refresh_hz} Hz`);
        const size = screen.size.split('x').map(Number);
        await page.waitForFunction(([id, sides]) => [...document.querySelectorAll('figure img')].some((image) =>
            image.alt.includes(` ${id} `) && !image.hidden && image.naturalWidth > 0 &&
            sides.includes(image.naturalWidth) && sides.includes(image.naturalHeight)), [screen.id, size]);
    }
    const units = told.buses.flatMap((bus) => bus.units);
    must(await page.locator('.led').count() === units.length, `${units.length} LED boards, but other rows`);
    must(await page.locator('.led .dead').count() === 0, 'a dead LED board');
    for (const chime of told.chimes) await says('#chimes .row', `${chime.id} ready, ${chime.driver}, played ${chime.played}`);

    await page.fill('#ticket', 'А042');
    await page.selectOption('#desk', '3');
    await page.click('#manual button[value="call"]');
    await says('#toast', 'a queue server is in charge');
    await fetch(`${server}api/desk`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"desk":"3","action":"call"}' });
    await says('#log li', 'А001 shown: screen/main shown');
    const desk = page.locator('.led', { has: page.locator('b', { hasText: /^Desk 3$/ }) });
    await desk.locator('.glass', { hasText: 'A001' }).waitFor();
    const played = (await status()).chimes[0].played;

    const wall = page.locator('figure', { has: page.locator('b', { hasText: /^main$/ }) });
    const source = () => wall.locator('img').getAttribute('src');
    const before = await source();
    await wall.locator('summary').click();
    await wall.getByRole('button', { name: 'grid', exact: true }).click();
    await says('#toast', 'main shows grid');
    await wall.locator('figcaption', { hasText: 'test grid' }).waitFor();
    await page.waitForFunction((old) => ![...document.querySelectorAll('figure img')].some((image) => image.getAttribute('src') === old), before);
    await wall.getByRole('button', { name: 'off', exact: true }).click();
    await wall.locator('figcaption', { hasNotText: 'test' }).waitFor();

    await desk.getByRole('button', { name: 'Find' }).click();
    await says('#toast', 'Desk 3 shows its unit number');
    const unit = units.find((one) => one.desk === '3').unit;
    await desk.locator('.glass', { hasText: new RegExp(`${unit}$`) }).waitFor();
    const identified = await desk.locator('.glass').innerText();
    await desk.locator('.glass', { hasText: 'A001' }).waitFor();

    await page.locator('#chimes').getByRole('button', { name: 'Play gong3' }).first().click();
    await says('#toast', 'gong3 sounds');
    await says('#chimes .row', `played ${played + 1}`);

    await says('#unconfirmed', 'owen-smi2 (documented)');
    const panel = page.locator('#walk'), glassOf = (id) => page.locator('.led', { has: page.locator('b', { hasText: new RegExp(`^Desk ${id}$`) }) }).locator('.glass');
    await page.getByRole('button', { name: 'Walk from desk to desk' }).click();
    await says('#walk', `1 of ${units.length}: does “1” blink above desk 1`);
    must(!await page.locator('#walk-start').isVisible(), 'a walk can begin anew half-way');
    await page.locator('.glass.blink', { hasText: /^\s*1$/ }).waitFor();
    await panel.getByRole('button', { name: 'Right' }).click();
    await says('#walk', `2 of ${units.length}`);
    await page.locator('.glass.blink', { hasText: /^\s*2$/ }).waitFor();
    await page.screenshot({ path: picture.replace('.png', '-walk.png'), fullPage: true });
    await panel.getByRole('button', { name: 'Wrong or dark' }).click();
    await says('#walk', `3 of ${units.length}`);
    await panel.getByRole('button', { name: 'Next' }).click();
    await says('#walk', `4 of ${units.length}`);
    await panel.getByRole('button', { name: 'End' }).click();
    await says('#walk', `1 of ${units.length} boards are right.`);
    const results = await panel.locator('li').allInnerTexts();
    must(results[0] === 'Desk 2, west/17: wrong or dark' && results.at(-1) === 'Desk 1, west/16: right' && results.length === units.length, results.join(' | '));
    await glassOf(4).filter({ hasNotText: '4' }).waitFor();
    await panel.getByRole('button', { name: 'Close' }).click();
    await page.locator('#walk-start').waitFor();

    const line = page.locator('.bus', { hasText: 'Bus west' });
    await line.locator('summary').click();
    await line.getByLabel('Address').fill('14');
    await line.getByLabel('to', { exact: true }).fill('22');
    await fetch(`${server}api/led`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"desk":"5","power":false}' });
    await line.getByRole('button', { name: 'Scan' }).click();
    await line.locator('progress').waitFor();
    await line.locator('p', { hasText: '5 found.' }).waitFor({ timeout: 60000 });
    await line.locator('li', { hasText: /^16: owen-smi2, .*9600 8N1, desk 1$/ }).waitFor();
    await line.locator('li', { hasText: '20: desk 5 of the hall file was not found' }).waitFor();
    const dark = page.locator('.led', { hasText: 'west/20' });
    await dark.locator('.bad-text', { hasText: 'no reply, sure' }).waitFor();
    await dark.locator('p', { hasText: 'no reply any more; check its power and its plug' }).waitFor();
    await says('#trouble', 'LED board above desk 5 (west/20): no reply any more');

    const wide = await page.evaluate(() => [...document.querySelectorAll('section *')].filter((node) =>
        node.getBoundingClientRect().right > innerWidth - 16).map((node) => node.textContent));
    must(wide.length === 0, `beside the telephone's screen: ${wide.join(' | ')}`);
    await page.screenshot({ path: picture, fullPage: true });
    process.kill(Number(broker), 'SIGKILL');
    await says('#trouble', 'No broker');
    await says('#verdict', 'problem');
    await says('#facts', 'not connected');
    await says('#log li', 'lost');
    console.log(`${told.screens.length} screens, ${units.length} LED boards, desk 3 found by "${identified.trim()}", a walk, a scan, a dead board and a lost broker told`);
});
