// page.js URL PICTURE: the demo page as a newcomer uses it, in headless Chromium: press "Call next" at desk 3, and see both walls,
// the LED board, the sound and the receipt answer. Leaves a screenshot. Prints what it saw; exits 1 when something is missing.
'use strict';
const { visit } = require('./browser');
const [url, picture] = process.argv.slice(2);

visit({ width: 1500, height: 1500 }, url, async (page) => {
    const wall = (id) => page.locator(`#walls img[data-screen="${id}"]`);
    const frame = (id) => wall(id).getAttribute('data-frame').then(Number);
    await page.waitForFunction(() => document.querySelectorAll('#walls img[data-frame]').length === 2);
    await page.click('#sound');
    const before = { main: await frame('main'), children: await frame('children') };
    const pixels = await wall('main').screenshot();

    await page.click('[data-desk="3"] [data-action="call"]');
    await page.waitForFunction(() => document.querySelector('#desks [data-desk="3"]').dataset.ticket);
    const ticket = await page.locator('#desks [data-desk="3"]').getAttribute('data-ticket');
    await page.waitForFunction((b) => ['main', 'children'].every((id) =>
        Number(document.querySelector(`#walls img[data-screen="${id}"]`).dataset.frame) > b[id]), before);
    if (pixels.equals(await wall('main').screenshot())) throw new Error('the picture of the wall did not change');
    const figures = ticket.replace(/\D/g, '');
    await page.waitForFunction((f) => document.querySelector('[data-desk="3"] .board').dataset.text.endsWith(f), figures);
    await page.waitForFunction((t) => document.querySelector(`#receipts [data-ticket="${t}"][data-desk="3"][data-result="shown"]`), ticket,
        { timeout: 20000 });
    const receipt = await page.locator(`#receipts [data-ticket="${ticket}"]`).first().innerText();
    for (const outlet of ['screen/main', 'screen/children', 'led/3', 'chime/hall'])
        if (!receipt.includes(outlet)) throw new Error(`the receipt does not name ${outlet}: ${receipt}`);
    await page.waitForFunction(() => document.querySelector('#heard').textContent.includes('Hz'));
    const heard = await page.locator('#heard').innerText();
    const first = Number(heard.match(/([\d.]+)/)[1]);
    if (Math.abs(first - 660) > 3) throw new Error(`the first note is not 660 Hz: ${heard}`);

    for (const action of ['recall', 'serve', 'done']) await page.click(`[data-desk="3"] [data-action="${action}"]`);
    await page.waitForFunction(() => !document.querySelector('#desks [data-desk="3"]').dataset.ticket);
    await page.waitForFunction(() => document.querySelector('[data-desk="3"] .board').dataset.text === '');
    await page.screenshot({ path: picture, fullPage: true });
    console.log(`ticket ${ticket}: walls, LED board, receipt; ${heard}`);
});
