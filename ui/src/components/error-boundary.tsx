import { TriangleAlert } from 'lucide-react';
import { Component, type ReactNode } from 'react';
import { Button } from './button';
import { Empty } from './states';

interface State {
  error: Error | null;
}

/** Shows what went wrong in its place instead of an empty page. */
export class ErrorBoundary extends Component<{ children: ReactNode; name?: string }, State> {
  override state: State = { error: null };
  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
  override render(): ReactNode {
    if (!this.state.error) return this.props.children;
    return (
      <Empty
        icon={<TriangleAlert size={20} />}
        title={`${this.props.name ?? 'This page'} could not be shown`}
        text={this.state.error.message}
        action={
          <>
            <Button variant="primary" onClick={() => this.setState({ error: null })}>
              Try again
            </Button>
            <Button onClick={() => window.location.reload()}>Reload</Button>
          </>
        }
      />
    );
  }
}
