// Between the gateway's JSON and objects as proto-loader takes them, by the json_name of each field.
import protobuf from "protobufjs";

// Sent in fen; every other amount is in yuan.
const FEN_FIELDS = new Set([
  "OrderBaseInfo.discount",
  "OrderBaseInfo.refundPayment",
  "OrderBaseInfo.officialSolutionCost",
  "ProductItem.entryDiscount",
  "OrderInvoice.amount",
]);

// The message type `name`, with every file under `protos` that it needs.
export function typeOf(protos, name) {
  const root = new protobuf.Root();
  root.resolvePath = (origin, target) => (target.startsWith("google/") ? target : `${protos}/${target}`);
  root.loadSync("order1688/v1/order_service.proto");
  root.resolveAll();
  return root.lookupType(name);
}

const plans = new Map();

// For each field of `type`: its name in JSON, its name in objects, how to read it and how to write it.
function planOf(type) {
  if (plans.has(type)) return plans.get(type);
  const plan = { fields: type.fieldsArray.map(fieldPlan), byJsonName: new Map() };
  for (const field of plan.fields) plan.byJsonName.set(field.jsonName, field);
  plans.set(type, plan);
  return plan;
}

function fieldPlan(field) {
  const read = reader(field);
  const write = field.resolvedType ? (value) => writeMessage(field.resolvedType, value) : (value) => value;
  return {
    jsonName: field.options?.json_name ?? field.name,
    name: field.name,
    read: field.repeated ? (values) => values.map(read) : read,
    write: field.repeated ? (values) => values.map(write) : write,
  };
}

function reader(field) {
  if (field.resolvedType?.fullName === ".order1688.v1.Money") {
    const decimals = FEN_FIELDS.has(`${field.parent.name}.${field.name}`) ? 2 : 0;
    return (value) => readMoney(String(value), decimals);
  }
  if (field.resolvedType?.fullName === ".google.protobuf.Timestamp") return readTime;
  if (field.resolvedType) return (value) => readMessage(field.resolvedType, value);
  if (field.type === "bool") return (value) => value === true || value === "true";
  if (field.type === "int32") return Number;
  return String;
}

// `text` is the amount as it came: its digits are never calculated with as a floating-point number.
function readMoney(text, decimals) {
  const [, sign, whole, fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  const digits = whole.padStart(decimals + 1, "0");
  const units = digits.slice(0, digits.length - decimals);
  const nanos = Number((digits.slice(digits.length - decimals) + fraction).padEnd(9, "0"));
  return { currencyCode: "CNY", units: sign + units, nanos: sign ? -nanos : nanos };
}

function readTime(text) {
  const milliseconds = Date.parse(text);
  return { seconds: Math.floor(milliseconds / 1000), nanos: (milliseconds % 1000) * 1e6 };
}

export function readMessage(type, json) {
  const { byJsonName } = planOf(type);
  const message = {};
  for (const [key, value] of Object.entries(json)) {
    if (value === null) continue;
    const field = byJsonName.get(key);
    if (field) message[field.name] = field.read(value);
  }
  return message;
}

export function writeMessage(type, message) {
  const json = {};
  for (const field of planOf(type).fields) {
    const value = message[field.name];
    if (value !== undefined && value !== null && value.length !== 0) json[field.jsonName] = field.write(value);
  }
  return json;
}
