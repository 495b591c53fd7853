import { useMutation } from '@tanstack/react-query';
import { messageOf } from '@/api/errors';
import type { Plans } from '@/api/types';
import { Button } from '@/components/button';
import { Card } from '@/components/page';
import { creditsLabel } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { buyPack } from '../api/billing';
import { money } from '../offer';

/** Packs of credits, each paid for once on a page of Stripe. */
export function PackCard({ ws, sold, may }: { ws: string; sold: Plans; may: boolean }) {
  const buy = useMutation({
    mutationFn: (pack: string) => buyPack(ws, pack),
    onSuccess: (sent) => sent.url && window.location.assign(sent.url),
    onError: (e) => toast.error(messageOf(e)),
  });
  return (
    <Card title="Credit packs" text="Paid once, on top of the plan. Credits come when the payment has succeeded." flush>
      <ul>
        {(sold.packs ?? []).map((pack) => (
          <li key={pack.id} className="flex items-center gap-3 border-b border-line px-4 py-3 last:border-0">
            <div className="min-w-0 flex-1">
              <p className="font-medium">{creditsLabel(pack.credits_mc)}</p>
              <p className="text-sm text-ink-3">
                {money((pack.price_cents * 1_000_000) / pack.credits_mc, sold.currency)} for 1,000 credits
              </p>
            </div>
            <span className="tnum font-medium">{money(pack.price_cents, sold.currency)}</span>
            {may && (
              <Button
                aria-label={`Buy ${creditsLabel(pack.credits_mc)}`}
                disabled={buy.isPending || !sold.configured}
                busy={buy.isPending && buy.variables === pack.id}
                onClick={() => buy.mutate(pack.id)}
              >
                Buy
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}
