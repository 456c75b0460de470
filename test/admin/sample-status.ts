import type { GenerationRecord } from '../../src/admin/generation-history.ts';
import type { AdminStatus } from '../../src/admin/services.ts';
import type { StatusStreamServices } from '../../src/admin/status-stream.ts';
import type { CertificateStatus } from '../../src/tls/keeper-status.ts';
import { SampleRequests } from './sample-requests.ts';
import { sampleCertificate, sampleStatus } from './sample-services.ts';
import { SampleTraffic, sampleSnapshot } from './sample-traffic.ts';

/** What the status page is made of, steered by a test. */
export class SampleStatus implements StatusStreamServices {
  readonly traffic = new SampleTraffic(sampleSnapshot(Date.UTC(2026, 0, 1)));
  readonly requests = new SampleRequests();
  current: AdminStatus = sampleStatus;

  status(): AdminStatus {
    return this.current;
  }

  certificates(): readonly CertificateStatus[] {
    return [sampleCertificate];
  }

  generations(): readonly GenerationRecord[] {
    return [];
  }

  refusal(): string | null {
    return null;
  }
}
