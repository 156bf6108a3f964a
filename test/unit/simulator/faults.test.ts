import { describe, expect, test } from "vitest";
import { FaultScript, isMutation, isTransport, type Fault } from "../../../src/simulator/faults.ts";

const drop = { kind: "drop" } as const;
const hang = { kind: "hang" } as const;
const stuck = { kind: "stuck" } as const;
const stale = { kind: "stale-read" } as const;

function script(...faults: Fault[]): FaultScript {
  return new FaultScript(faults);
}

describe("FaultScript", () => {
  test("take() counts a fault down and then goes on to the next one", () => {
    const faults = script(
      { operation: "get-instance", times: 2, effect: drop },
      { operation: "*", times: 1, effect: hang },
    );
    expect(faults.faults.map(({ times }) => times)).toEqual([2, 1]);
    expect(faults.take("get-instance", isTransport)).toEqual(drop);
    expect(faults.take("get-instance", isTransport)).toEqual(drop);
    expect(faults.take("get-instance", isTransport)).toEqual(hang);
    expect(faults.take("get-instance", isTransport)).toBeNull();
    expect(faults.faults).toEqual([]);
  });

  test("take() keeps a fault that is for always", () => {
    const faults = script({ operation: "*", times: "always", effect: drop });
    for (let i = 0; i < 5; i += 1) expect(faults.take(null, isTransport)).toEqual(drop);
    expect(faults.faults).toEqual([{ operation: "*", times: "always", effect: drop }]);
  });

  test("take() matches the operation and the layer", () => {
    const faults = script(
      { operation: "get-instance", times: 1, effect: drop },
      { operation: "*", times: 1, effect: stuck },
      { operation: "*", times: 1, effect: stale },
    );
    expect(faults.take("list-instances", isTransport)).toBeNull();
    expect(faults.take(null, isTransport)).toBeNull();
    expect(faults.view("get-instance")).toBe("before");
    expect(faults.view("get-instance")).toBe("now");
    expect(faults.take("attach-instance-to-elastic-ip", isMutation)).toEqual(stuck);
    expect(faults.take("get-instance", isTransport)).toEqual(drop);
  });

  test("replace() forgets the faults before it", () => {
    const faults = script({ operation: "*", times: "always", effect: drop });
    faults.replace([{ operation: "*", times: 1, effect: hang }]);
    expect(faults.take("get-stack", isTransport)).toEqual(hang);
    expect(faults.take("get-stack", isTransport)).toBeNull();
  });
});
