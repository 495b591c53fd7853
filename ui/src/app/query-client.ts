import { MutationCache, QueryClient } from '@tanstack/react-query';
import { ApiError, messageOf } from '@/api/errors';
import { toast } from '@/lib/toasts';

/** Server state: reads are repeated when that may help; a failed write says so unless its caller shows the error itself. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        refetchOnWindowFocus: false,
        retry: (failures, error) => failures < 2 && !(error instanceof ApiError && !error.temporary),
      },
    },
    mutationCache: new MutationCache({
      onError: (error, _variables, _context, mutation) => {
        if (!mutation.meta?.['quiet']) toast.error(messageOf(error));
      },
    }),
  });
}
