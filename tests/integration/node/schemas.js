// schemas.js PROTOCOL ROWS: the folder protocol/ by other people's readers: asyncapi.yaml by the parser of AsyncAPI without a
// remark of it, each schema by ajv in its strict mode, and their examples, and those of asyncapi.yaml. The rows of
// tests/data/messages.json get the verdict that tests/checks/schemas has from python3-jsonschema.
'use strict';
const fs = require('fs');
const path = require('path');
const Ajv = require('ajv');
const { Parser, fromFile } = require('@asyncapi/parser');
const [protocol, rows] = process.argv.slice(2);
const load = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));

let passed = 0, failed = 0;
const check = (isFine, what) => {
    if (isFine) passed++;
    else { failed++; console.log(what); }
};

const folder = path.join(protocol, 'schemas');
const files = fs.readdirSync(folder).sort();
// Parts of a schema may speak of members that another part has declared required, or has given a type.
const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
for (const file of files) ajv.addSchema(load(path.join(folder, file)), file);
const judges = {};

const judge = (name, message, place) => {
    if (!judges[name]) return; // told already
    const isGood = judges[name](message);
    check(isGood, `${place}: ${ajv.errorsText(judges[name].errors)}`);
};

const checkSchema = (file) => {
    try {
        judges[file] = ajv.getSchema(file) || ajv.compile(load(path.join(folder, file)));
        check(true);
    } catch (error) {
        check(false, `${file}: ${error.message}`);
        return;
    }
    (load(path.join(folder, file)).examples || []).forEach((example, i) => judge(file, example, `${file}: example ${i}`));
};

const checkRow = (row) => {
    if ('raw' in row || !judges[`${row.kind}.json`]) return; // bytes: what JSON.parse makes of them is not what a strict reader does
    const isGood = judges[`${row.kind}.json`](row.message);
    check(isGood === (row.good !== 'schema' in row), `${row.kind}: ${row.why}: ${isGood ? 'accepted' : 'refused'}`);
};

const checkAsyncapi = async (file) => {
    const { document, diagnostics } = await fromFile(new Parser(), file).parse();
    for (const remark of diagnostics) check(false, `asyncapi.yaml: ${remark.path.join('.')}: ${remark.message}`);
    check(document, 'asyncapi.yaml: not read');
    for (const channel of document ? document.channels().all() : []) {
        for (const message of channel.messages().all()) {
            const title = message.payload().title();
            const name = files.find((each) => load(path.join(folder, each)).title === title);
            check(name, `asyncapi.yaml: ${message.id()}: no schema of this title: ${title}`);
            for (const example of name ? message.examples().all() : [])
                judge(name, example.payload(), `asyncapi.yaml: ${message.id()}: ${example.name()}`);
        }
    }
};

files.forEach(checkSchema);
load(rows).forEach(checkRow);
checkAsyncapi(path.join(protocol, 'asyncapi.yaml')).then(() => {
    console.log(`${passed} passed, ${failed} failed`);
    process.exit(failed > 0 ? 1 : 0);
});
