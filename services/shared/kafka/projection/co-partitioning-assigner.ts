import { type Assigner, AssignerProtocol, type Cluster, type GroupMember } from 'kafkajs';
import { assignPartitions } from '../../projection/assign-partitions.ts';

const { MemberAssignment, MemberMetadata } = AssignerProtocol;
const NAME = 'CoPartitioningSticky';
const VERSION = 1;

/**
 * Assigns partition n of every topic to the same member (kafkajs's own assigner separates them: shared/kafka/README.md, rule 11). Moves as few
 * partitions as an even share allows: each member reports the partitions it holds when it joins.
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

/** The partitions the member reported; none if it reported something else, as another version of this program might. */
function heldBy({ memberMetadata }: GroupMember): readonly number[] {
  try {
    const reported: unknown = JSON.parse(MemberMetadata.decode(memberMetadata)?.userData.toString() ?? '[]');
    return Array.isArray(reported) ? reported.filter((partition) => Number.isInteger(partition)) : [];
  } catch {
    return [];
  }
}
