// Reads the AWS provider's schema back out of the classes that @cdktn/provider-aws generates from it.
//
//   node schema.js LIB > schema.json        LIB is package/lib of the unpacked npm package
//
// Each class tells its attributes to its runtime when it is asked for its configuration. Here the runtime is a stand-in that writes down
// what it is told. Which attributes are required is in the type declarations beside the classes.
'use strict';
const fs = require('fs');
const path = require('path');
const Module = require('module');

// anything answers every property, call and construction with itself.
const anything = () =>
  new Proxy(function () {}, {
    get: (_, key) => (key === Symbol.toPrimitive ? () => '' : anything()),
    apply: () => anything(),
    construct: () => anything(),
  });

const SEEN = 1; // the value of an attribute: that there is one is all that counts

const runtime = new Proxy(
  {},
  {
    get: (_, key) => {
      const name = String(key);
      if (/^(list|hash)Mapper(Hcl)?$/.test(name)) {
        return (describe) => () => {
          const inner = describe(anything());
          return { nested: inner && typeof inner === 'object' ? inner : undefined };
        };
      }
      if (/To(Hcl)?Terraform$/.test(name)) return () => SEEN;
      if (name === 'canInspect') return () => true;
      if (name === 'isComplexElement') return () => false;
      if (name === 'Tokenization') return { isResolvable: () => false };
      if (name === '__esModule') return true;
      if (name === 'Fn') return anything();
      if (/^[A-Z]/.test(name)) return class {};
      return () => SEEN;
    },
  },
);
const load = Module._load;
Module._load = (request, parent, main) =>
  request === 'cdktn' || request === 'constructs' || /provider-functions/.test(request) ? runtime : load(request, parent, main);

const plain = (name) => name.replace(/_/g, '').toLowerCase();
const TYPES = {
  string: 'string',
  number: 'number',
  boolean: 'bool',
  stringList: ['list', 'string'],
  numberList: ['list', 'number'],
  booleanList: ['list', 'bool'],
  stringMap: ['map', 'string'],
  numberMap: ['map', 'number'],
  booleanMap: ['map', 'bool'],
};

function typeOf(attribute) {
  const type = TYPES[attribute.storageClassType] || 'dynamic';
  return Array.isArray(type) && attribute.type === 'set' ? ['set', type[1]] : type;
}

// interfaces reads the declared fields of every interface: whether each is optional, and its type.
function interfaces(declarations) {
  const found = {};
  for (const [, name, body] of declarations.matchAll(/export interface (\w+)(?: extends [\w.]+)? \{([\s\S]*?)\n\}/g)) {
    found[name] = {};
    for (const [, field, optional, type] of body.matchAll(/readonly (\w+)(\?)?: ([^;]+);/g)) {
      found[name][plain(field)] = { optional: Boolean(optional), type };
    }
  }
  return found;
}

function blockOf(attributes, fields, declared) {
  const block = { attributes: {}, blocks: {} };
  for (const [name, a] of Object.entries(attributes)) {
    const field = fields && fields[plain(name)];
    const required = field ? !field.optional : false;
    if (!a.isBlock) {
      const writeOnly = /_wo$/.test(name);
      block.attributes[name] = { type: typeOf(a), required, optional: !required, computed: !required && !writeOnly, write_only: writeOnly };
      continue;
    }
    const type = field ? (field.type.match(/([A-Z]\w+)(?:\[\])?/) || [])[1] : undefined;
    let inner = a.value && typeof a.value === 'object' ? a.value : {};
    if ('nested' in inner) inner = inner.nested || {};
    const nesting = { set: 'set', map: 'map', struct: 'single' }[a.type] || 'list';
    block.blocks[name] = { nesting, min: required ? 1 : 0, block: blockOf(inner, type ? declared[type] : undefined, declared) };
  }
  return block;
}

// addComputed adds what can only be read: the getters, and the lists of objects.
function addComputed(block, type, source) {
  const add = (name, kind) => {
    if (!block.attributes[name] && !block.blocks[name]) {
      block.attributes[name] = { type: kind, required: false, optional: false, computed: true };
    }
  };
  const told = (kind) =>
    function (name) {
      add(name, kind);
      return anything();
    };
  const reader = new Proxy(
    {
      getStringAttribute: told('string'),
      getNumberAttribute: told('number'),
      getBooleanAttribute: told('bool'),
      getListAttribute: told(['list', 'string']),
      getNumberListAttribute: told(['list', 'number']),
      getStringMapAttribute: told(['map', 'string']),
      getNumberMapAttribute: told(['map', 'number']),
      getBooleanMapAttribute: told(['map', 'bool']),
      getAnyMapAttribute: told('dynamic'),
      interpolationForAttribute: told('dynamic'),
    },
    { get: (target, key) => (key in target ? target[key] : anything()) },
  );
  for (const key of Object.getOwnPropertyNames(type.prototype)) {
    const { get } = Object.getOwnPropertyDescriptor(type.prototype, key);
    if (get) get.call(reader);
  }
  for (const [, , name] of source.matchAll(/_(\w+) = new \w+\(this, "(\w+)"/g)) add(name, 'dynamic');
}

const out = { version: '', provider: { attributes: {}, blocks: {} }, resources: {}, data_sources: {}, ephemeral_resources: {} };
const library = process.argv[2];
for (const name of fs.readdirSync(library).sort()) {
  const folder = path.resolve(library, name);
  const source = fs.readFileSync(path.join(folder, 'index.js'), 'utf8');
  const found = source.match(/class (\w+) extends cdktn\.Terraform(Resource|DataSource|EphemeralResource|Provider)\b/);
  if (!found) throw new Error(`${name}: no class of a resource in it`);
  const type = require(folder)[found[1]];
  const declared = interfaces(fs.readFileSync(path.join(folder, 'index.d.ts'), 'utf8'));
  const block = blockOf(type.prototype.synthesizeHclAttributes.call(anything()), declared[found[1] + 'Config'], declared);
  addComputed(block, type, source.slice(found.index));
  out.version = (source.match(/providerVersion: '([\d.]+)'/) || [])[1] || out.version;
  if (found[2] === 'Provider') out.provider = block;
  else {
    const kind = { Resource: 'resources', DataSource: 'data_sources', EphemeralResource: 'ephemeral_resources' }[found[2]];
    out[kind][source.match(/static tfResourceType = "(\w+)"/)[1]] = block;
  }
}
process.stdout.write(JSON.stringify(out));
