// visit(SIZE, URL, USE): a page of ours in headless Chromium. USE gets the page; what it throws, an error of a script, an error
// in the browser's log and a refused request end this program with status 1.
'use strict';
const { chromium } = require('playwright-core');
const NO = 409; // the board's own refusal, which the page tells

exports.visit = async (size, url, use) => {
    const browser = await chromium.launch({
        executablePath: '/usr/bin/chromium',
        args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
            '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required'],
    });
    try {
        const page = await browser.newPage({ viewport: size });
        const errors = [];
        page.on('pageerror', (error) => errors.push(error.message));
        page.on('console', (message) => { if (message.type() === 'error' && !message.text().includes(NO)) errors.push(message.text()); });
        page.on('response', (response) => {
            if (response.status() >= 400 && response.status() !== NO) errors.push(`${response.status()} ${response.url()}`);
        });
        await page.goto(url);
        await use(page);
        if (errors.length) throw new Error(`errors on the page: ${errors.join('; ')}`);
    } catch (error) {
        console.error(error.message);
        process.exitCode = 1;
    } finally {
        await browser.close();
    }
};
