-- Ticket lock: N processors, numbers modulo TICKETS. One rule is one transition of ticket_lock.pml.
-- FETCH_ADD=0 draws a ticket with a read and a write.
const N: $N;
      TICKETS: $TICKETS;
      FETCH_ADD: $FETCH_ADD;
type cpu: 0..N-1;
     cnt: 0..N;
     number: 0..TICKETS-1;
     loc: enum { IDLE, DRAW, WAIT, CS };
var pc: array[cpu] of loc;
    ticket: array[cpu] of number;
    next: number;
    owner: number;

function ncrit(): cnt; var n: cnt; begin
  n := 0;
  for i: cpu do if pc[i] = CS then n := n + 1; end; end;
  return n;
end;

startstate begin
  for i: cpu do pc[i] := IDLE; ticket[i] := 0; end;
  next := 0; owner := 0;
end;

ruleset i: cpu do
  rule "fetch_add" pc[i] = IDLE & FETCH_ADD = 1 ==> begin
    ticket[i] := next; next := (next + 1) % TICKETS; pc[i] := WAIT;
  end;
  rule "read" pc[i] = IDLE & FETCH_ADD = 0 ==> begin ticket[i] := next; pc[i] := DRAW; end;
  rule "write" pc[i] = DRAW ==> begin next := (ticket[i] + 1) % TICKETS; pc[i] := WAIT; end;
  rule "enter" pc[i] = WAIT & owner = ticket[i] ==> begin ticket[i] := 0; pc[i] := CS; end;
  rule "leave" pc[i] = CS ==> begin owner := (owner + 1) % TICKETS; pc[i] := IDLE; end;
end;

invariant "exclusion" ncrit() <= 1;
