-- The walls around {facts}; put up after a rebuilt schema is filled and before anyone can reach it.
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['person', 'slot', 'turn', 'record', 'item', 'look', 'stopped', 'head'] LOOP
        EXECUTE format('ALTER TABLE {facts}.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY rule ON {facts}.%I TO heed_rule USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON {facts}.%I TO heed_rule', t);
    END LOOP;
END $$;
GRANT USAGE ON SCHEMA {facts} TO heed_rule, heed_office;
GRANT SELECT ON {facts}.person, {facts}.record, {facts}.item TO heed_office;
CREATE POLICY office ON {facts}.person FOR SELECT TO heed_office
    USING ((SELECT machinery.me()) IS NOT NULL);
CREATE POLICY office ON {facts}.record FOR SELECT TO heed_office
    USING (id IN (SELECT machinery.my_records()));
CREATE POLICY office ON {facts}.item FOR SELECT TO heed_office
    USING (record IN (SELECT machinery.my_records()));
