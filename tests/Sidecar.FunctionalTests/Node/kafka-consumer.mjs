// Reads so many records of a topic with kafkajs, parses each with the CloudEvents SDK, and prints one JSON line each.
import { Kafka, logLevel } from 'kafkajs';
import { Kafka as CloudEventsKafka } from 'cloudevents';

const [broker, topic, count] = process.argv.slice(2);
const kafka = new Kafka({ clientId: 'test', brokers: [broker], logLevel: logLevel.NOTHING });
const consumer = kafka.consumer({ groupId: `test-${process.pid}-${Date.now()}` });
let left = Number(count);
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
await consumer.run({
  eachMessage: async ({ partition, message }) => {
    if (left-- <= 0) return;
    const headers = Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, value.toString()]));
    const event = CloudEventsKafka.toEvent({ headers, key: message.key.toString(), value: message.value.toString() });
    event.validate();
    console.log(JSON.stringify({ partition, key: message.key.toString(), headers, event: event.toJSON() }));
    if (left === 0) process.exit(0);
  },
});
