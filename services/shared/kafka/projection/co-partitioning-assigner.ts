import { type Assigner, AssignerProtocol, type Cluster, type GroupMember } from 'kafkajs';
import { assignPartitions } from '../../projection/assign-partitions.ts';

const { MemberAssignment, MemberMetadata } = AssignerProtocol;
const NAME = 'CoPartitioningSticky';
const VERSION = 1;

/**
 * Gives partition n of every topic to the same member (kafkajs's own separates them), and leaves as many where they were
 * as an even share allows: each member tells with its join which partitions it holds.
 */
export function coPartitioningAssigner(partitions: number, held: () => readonly number[]) {
  return (_config: { cluster: Cluster; groupId: string }): Assigner => ({
    name: NAME,
    version: VERSION,
    protocol: ({ topics }) => ({
      name: NAME,
      metadata: MemberMetadata.encode({ version: VERSION, topics, userData: Buffer.from(JSON.stringify(held())) }),
    }),
    assign: async ({ members, topics }) => {
      const shares = assignPartitions(
        members.map((member) => ({ id: member.memberId, held: heldBy(member) })),
        partitions,
      );
      return members.map(({ memberId }) => {
        const share = [...(shares.get(memberId) ?? [])];
        const assignment = Object.fromEntries(topics.map((topic) => [topic, share]));
        return {
          memberId,
          memberAssignment: MemberAssignment.encode({ version: VERSION, assignment, userData: Buffer.alloc(0) }),
        };
      });
    },
  });
}

/** What the member said it holds; nothing where it said something else, as another version of this program might. */
function heldBy({ memberMetadata }: GroupMember): readonly number[] {
  try {
    const said: unknown = JSON.parse(MemberMetadata.decode(memberMetadata)?.userData.toString() ?? '[]');
    return Array.isArray(said) ? said.filter((partition) => Number.isInteger(partition)) : [];
  } catch {
    return [];
  }
}
